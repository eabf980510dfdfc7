// The parts of `boxwarp levels`. Each takes its own name as argv[0] and returns the exit status.
#pragma once

namespace boxwarp {

int levels_check(int argc, char** argv);
int levels_generate(int argc, char** argv);
int levels_info(int argc, char** argv);
int levels_pack(int argc, char** argv);
int levels_show(int argc, char** argv);

}  // namespace boxwarp
