// The parts of `boxwarp levels`. Each takes its own name as argv[0] and returns the exit status.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/arguments.hpp"

namespace boxwarp {

// levels generate by the retrograde method; the arguments were parsed, and --out can be written.
int generate_starts(const Arguments& arguments);

inline constexpr std::string_view kTerminal = "-";  // as --out of levels generate
// So many levels that were made into this new file, which it tells; or to the terminal.
void write_made(const std::string& out, const std::string& content, std::int64_t count);

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
