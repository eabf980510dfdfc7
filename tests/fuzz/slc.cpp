// Levels as XML.
#include "levels/parse/slc.hpp"

#include "tests/fuzz/levels.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  boxwarp::test::demand_sense(boxwarp::parse_slc("path", boxwarp::test::text_of(data, size)), size);
  return 0;
}
