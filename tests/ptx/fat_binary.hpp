// The PTX that nvcc puts into an object beside its machine code.
#pragma once

#include <stdexcept>
#include <string>

namespace boxwarp::ptx {

// A fat binary without PTX that can be read: says how to build one.
struct NoText : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// fat_binary: what an object gives to __cudaRegisterFatBinary. Of several texts the one for the newest architecture that is
// not above kArchitecture, or where all are above, the oldest. Throws NoText.
std::string ptx_text(const void* fat_binary);

inline constexpr unsigned kArchitecture = 90;  // compute capability 9.0

}  // namespace boxwarp::ptx
