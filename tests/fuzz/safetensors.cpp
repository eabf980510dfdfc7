// Files of weights and checkpoints.
#include "host/learner/safetensors.hpp"

#include "levels/error.hpp"
#include "tests/fuzz/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace boxwarp;
  try {
    const Safetensors file = parse_safetensors("path", std::as_bytes(std::span(data, size)));
    std::size_t bytes = 0;
    for (const auto& [name, tensor] : file.tensors) bytes += tensor.data.size();
    DEMAND(bytes <= size);
  } catch (const BadInput&) {
  }
  return 0;
}
