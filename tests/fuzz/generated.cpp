// "generated:key=value,...".
#include "levels/error.hpp"
#include "levels/generate/generate.hpp"
#include "tests/fuzz/levels.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace boxwarp;
  try {
    const GenerateOptions options = parse_generated(std::string(kGeneratedPrefix) + std::string(test::text_of(data, size)));
    DEMAND(to_string(parse_generated(to_string(options))) == to_string(options));
  } catch (const BadInput&) {
  }
  return 0;
}
