// The parts of `boxwarp levels`. Each takes its own name as argv[0] and returns the exit status.
#pragma once

#include "tools/arguments.hpp"

namespace boxwarp {

// levels generate by the retrograde method; the arguments were parsed, and --out can be written.
int generate_starts(const Arguments& arguments);

int levels_check(int argc, char** argv);
int levels_compare(int argc, char** argv);
int levels_dedupe(int argc, char** argv);
int levels_generate(int argc, char** argv);
int levels_info(int argc, char** argv);
int levels_label(int argc, char** argv);
int levels_overlap(int argc, char** argv);
int levels_pack(int argc, char** argv);
int levels_show(int argc, char** argv);
int levels_split(int argc, char** argv);

}  // namespace boxwarp
