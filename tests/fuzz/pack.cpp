// Packed levels, as they come and with the checksum that belongs to them.
#include <zlib.h>

#include "levels/error.hpp"
#include "tests/fuzz/levels.hpp"

namespace {

void unpack(const std::string& bytes) {
  using namespace boxwarp;
  LevelSet set;
  try {
    set = unpacked(bytes);
  } catch (const BadInput&) {
    return;
  }
  for (std::int64_t id = 0; id < set.size(); ++id) {
    const LevelRows level = set.level(id);
    DEMAND(level.box_count() > 0 && level.box_count() <= level.target_count());
    DEMAND(set.origin(id).file < static_cast<std::int32_t>(set.files().size()));
  }
  const std::string again = packed(set);
  DEMAND(packed(unpacked(again)) == again);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(boxwarp::test::text_of(data, size));
  unpack(bytes);
  if (size < 4) return 0;
  bytes.resize(size - 4);
  const auto sum = crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  for (int byte = 0; byte < 4; ++byte) bytes.push_back(static_cast<char>(sum >> 8 * byte & 0xff));
  unpack(bytes);
  return 0;
}
