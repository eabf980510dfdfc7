// Source lines of program counters, for messages.
#pragma once

#include <string>

namespace boxwarp::emulator {

// "step.cu:41" for an address just behind a call; with the callers it was inlined into, outermost last, joined by " in ".
// "address 0x..." where the program was built without -g or there is no addr2line.
std::string line_of(const void* counter);

}  // namespace boxwarp::emulator
