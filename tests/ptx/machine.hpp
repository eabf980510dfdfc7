// Runs a kernel as nvcc wrote it: its PTX, thread by thread, on a processor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/ptx/memory.hpp"

namespace boxwarp::ptx {

// PTX that is not understood: says the line and what stands there.
struct BadText : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What a GPU would have stopped at (an address outside of every block, a misaligned one, threads that wait for ever), with
// the kernel, the source line and the thread.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Kernel;

// One text of PTX: what one source became.
class Module {
 public:
  Module(std::string text, Memory& memory);  // tables of constants take memory
  ~Module();
  Module(Module&&) noexcept;

  // Null where this module has no kernel of that (mangled) name. Reads its instructions at the first call. Throws BadText.
  const Kernel* kernel(std::string_view name) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// Sizes in bytes of a kernel's parameters, in order, and the offset of each in the block of parameters.
struct Parameter {
  std::size_t offset, bytes;
};
const std::vector<Parameter>& parameters(const Kernel& kernel);
unsigned most_threads(const Kernel& kernel);  // of a block: .maxntid, or 1024

struct Launch {
  const Kernel* kernel;
  unsigned blocks, threads;       // one dimension
  std::size_t shared_bytes;       // dynamic
  std::vector<std::byte> values;  // of the parameters, each at its offset
};

// Runs all of it. ticks: the device's clock, which goes on. Throws Failure.
void run(const Launch& launch, const Memory& memory, std::uint64_t& ticks);

}  // namespace boxwarp::ptx
