// Every format of text.
#include "tests/fuzz/levels.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace boxwarp;
  for (const Format format : {Format::xsb, Format::sok, Format::rle}) {
    test::demand_sense(parse_text("path", test::text_of(data, size), format), size);
  }
  return 0;
}
