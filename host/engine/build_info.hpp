// What this program was built from and what it found on this machine.
#pragma once

#include <string>
#include <vector>

#include "host/cuda/availability.hpp"

namespace boxwarp {

const char* program_version() noexcept;  // "0.1.0"; asks nobody, unlike build_info

struct BuildInfo {
  std::string version;     // program_version()
  std::string commit;      // of git when the build was configured, empty outside of a repository
  std::string compiler;    // "g++ 12.2.0"
  std::string build_type;  // CMake's: Release, RelWithDebInfo, ...
  std::string sanitizers;  // "address,undefined", empty for none

  std::string onednn_version;          // of the library that is loaded, "2.6.3"
  std::string onednn_instruction_set;  // what oneDNN uses at most on this processor, "avx512_core_vnni"
  std::string highway_version;
  std::string highway_target;  // the best of those that are built and that this processor has, "AVX3"

  std::string machine;                // "AMD EPYC 9654, 2 threads", as its kernel tells it
  int threads;                        // cores that this process may use
  std::vector<std::string> backends;  // that were built: "cpu", "cuda"

  CudaReport cuda;
};

// Looks for CUDA, and so starts it.
BuildInfo build_info();

}  // namespace boxwarp
