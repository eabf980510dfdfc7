// The emulator's memory as the checks of tests/kernels take it.
#pragma once

#include "emulator/memory.hpp"

namespace boxwarp::test {

struct EmulatorMemory {
  template <class T>
  using Buffer = emulator::Buffer<T>;
};

}  // namespace boxwarp::test
