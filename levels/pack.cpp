#include "levels/pack.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <stdexcept>
#include <type_traits>

#include "levels/error.hpp"

namespace boxwarp {

namespace {

constexpr std::string_view kMagic =
    "\x89"
    "boxwarp";
constexpr std::uint32_t kVersion = 1, kVersionWithLabels = 2;

template <class Integer>
void put(std::string& out, std::type_identity_t<Integer> value) {
  for (std::size_t byte = 0; byte < sizeof(Integer); ++byte) out.push_back(static_cast<char>(value >> 8 * byte & 0xff));
}

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 128; value >>= 7) out.push_back(static_cast<char>(value | 128));
  out.push_back(static_cast<char>(value));
}

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

[[noreturn]] void fail(std::string_view what) {
  throw BadInput(fmt::format("damaged packed levels: {}; make the file anew with `boxwarp levels pack`", what));
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size()) fail("the file ends too early");
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }

  template <class Integer>
  Integer number() {
    const std::string_view taken = take(sizeof(Integer));
    std::uint64_t value = 0;
    for (std::size_t byte = 0; byte < sizeof(Integer); ++byte) {
      value |= std::uint64_t{static_cast<unsigned char>(taken[byte])} << 8 * byte;
    }
    return static_cast<Integer>(value);
  }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = number<std::uint8_t>();
      value |= std::uint64_t{byte & 127u} << shift;
      if (byte < 128) return value;
    }
    fail("an impossible number");
  }

  bool at_end() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

// A set with the checksum of another program's mistake must not become boards that the rules do not expect.
void check(const LevelRows& level) {
  const Row beyond = ~columns_of(level.width);
  const Row sides = Row{1} | Row{1} << (level.width - 1) | beyond;
  Row wrong = 0;
  for (int row = 0; row < level.height; ++row) {
    const auto r = static_cast<std::size_t>(row);
    const bool rim = row == 0 || row == level.height - 1;
    wrong |= (rim ? ~Row{0} : sides) & ~level.walls[r];
    wrong |= level.walls[r] & (level.boxes[r] | level.targets[r]);
  }
  if (wrong != 0) fail("a level without a closed wall, or with a box or a target in a wall");
  if (has(level.walls.data(), level.player) || has(level.boxes.data(), level.player)) fail("a player in a wall or a box");
  if (level.box_count() == 0 || level.box_count() > level.target_count())
    fail("a level without boxes or with too few targets");
}

struct PackedRun {
  std::uint64_t levels, first_ordinal;
  std::uint32_t file;
  std::uint8_t height, width, small;
};

LevelRows rows_of(const PackedRun& run, Reader& words, Reader& players) {
  LevelRows level{
      .height = run.height, .width = run.width, .walls = {}, .targets = {}, .boxes = {}, .player = {}, .title = {}};
  const auto height = static_cast<std::size_t>(run.height);
  for (auto* plane : {&level.walls, &level.targets, &level.boxes}) {
    const bool walls = plane == &level.walls;
    if (run.small == 0) {
      for (std::size_t row = 0; row < height; ++row) plane->push_back(words.number<std::uint64_t>());
      continue;
    }
    const auto cells = words.number<std::uint64_t>();
    plane->assign(height, walls ? ~Row{0} : 0);
    const Row inside = columns_of(run.width - 2);
    for (std::size_t row = 1; row + 1 < height; ++row) {
      const Row here = (cells >> kSmallInterior * (row - 1) & inside) << 1;
      (*plane)[row] = walls ? here | ~(inside << 1) : here;
    }
  }
  const int place = players.number<std::uint8_t>();
  if (run.small != 0) {
    level.player = {place / kSmallInterior + 1, place % kSmallInterior + 1};
  } else {
    level.player = {place, players.number<std::uint8_t>()};
  }
  if (level.player.row >= level.height || level.player.column >= level.width) fail("a player outside of the board");
  return level;
}

void put_label(std::string& out, const LevelLabel& label) {
  put_varint(out, static_cast<std::uint64_t>(label.pushes - kNotKnown));
  put_varint(out, static_cast<std::uint64_t>(label.moves - kNotKnown));
  put_varint(out, label.solution.size());
  for (std::size_t i = 0; i < label.solution.size(); i += 4) {
    int byte = 0;
    for (std::size_t j = i; j < std::min(i + 4, label.solution.size()); ++j) byte |= label.solution[j] << 2 * (j - i);
    out.push_back(static_cast<char>(byte));
  }
}

LevelLabel label_from(Reader& reader, const LevelRows& level) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 30;
  LevelLabel label;
  const std::uint64_t pushes = reader.varint(), moves = reader.varint(), length = reader.varint();
  if (pushes > kMost || moves > kMost || length > kMost) fail("an impossible label");
  label.pushes = static_cast<std::int32_t>(pushes) + kNotKnown;
  label.moves = static_cast<std::int32_t>(moves) + kNotKnown;
  const std::string_view bytes = reader.take((length + 3) / 4);
  for (std::size_t i = 0; i < length; ++i)
    label.solution.push_back(static_cast<unsigned char>(bytes[i / 4]) >> 2 * (i % 4) & 3);
  if (length > 0 && !plays_to_solution(level, label.solution, label.pushes))
    fail("a label whose moves do not solve its level");
  return label;
}

}  // namespace

bool is_packed(std::string_view path, std::string_view bytes) {
  return bytes.starts_with(kMagic) || path.ends_with(".boxwarp");
}

std::string packed(const LevelSet& levels) {
  std::string out(kMagic);
  const auto& runs = levels.runs();
  put<std::uint32_t>(out, levels.labels().empty() ? kVersion : kVersionWithLabels);
  put<std::uint32_t>(out, static_cast<std::uint32_t>(levels.files().size()));
  put<std::uint64_t>(out, runs.size());
  put<std::uint64_t>(out, levels.titles().size());
  put<std::uint64_t>(out, levels.words().size());
  put<std::uint64_t>(out, levels.players().size());
  for (const std::string& file : levels.files()) {
    put<std::uint32_t>(out, static_cast<std::uint32_t>(file.size()));
    out += file;
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::int64_t end = i + 1 < runs.size() ? runs[i + 1].first_level : levels.size();
    put<std::uint64_t>(out, static_cast<std::uint64_t>(end - runs[i].first_level));
    put<std::uint64_t>(out, static_cast<std::uint64_t>(runs[i].first_ordinal));
    put<std::uint32_t>(out, static_cast<std::uint32_t>(runs[i].file));
    put<std::uint8_t>(out, runs[i].height);
    put<std::uint8_t>(out, runs[i].width);
    put<std::uint8_t>(out, runs[i].small ? 1 : 0);
    put<std::uint8_t>(out, 0);
  }
  for (const auto& [id, title] : levels.titles()) {
    put<std::uint64_t>(out, static_cast<std::uint64_t>(id));
    put<std::uint32_t>(out, static_cast<std::uint32_t>(title.size()));
    out += title;
  }
  out.reserve(out.size() + 8 * levels.words().size() + levels.players().size() + 4);
  for (const std::uint64_t word : levels.words()) put<std::uint64_t>(out, word);
  for (const std::uint8_t player : levels.players()) put<std::uint8_t>(out, player);
  for (std::int64_t id = 0; !levels.labels().empty() && id < levels.size(); ++id) {
    const auto label = levels.labels().find(id);
    put_label(out, label == levels.labels().end() ? LevelLabel{} : label->second);
  }
  put<std::uint32_t>(out, checksum(out));
  return out;
}

LevelSet unpacked(std::string_view bytes) {
  constexpr std::size_t kChecksumBytes = 4;
  if (!bytes.starts_with(kMagic)) fail("it does not begin as packed levels do");
  if (bytes.size() < kMagic.size() + kChecksumBytes) fail("the file ends too early");
  const std::string_view content = bytes.substr(0, bytes.size() - kChecksumBytes);
  if (Reader(bytes.substr(content.size())).number<std::uint32_t>() != checksum(content)) {
    fail("the checksum does not fit, so bytes were lost or changed");
  }
  Reader reader(content.substr(kMagic.size()));
  const auto version = reader.number<std::uint32_t>();
  if (version != kVersion && version != kVersionWithLabels) {
    throw BadInput(fmt::format("packed levels of version {}; this program reads versions {} and {}: use a newer one",
                               version, kVersion, kVersionWithLabels));
  }
  const auto file_count = reader.number<std::uint32_t>();
  const auto run_count = reader.number<std::uint64_t>(), title_count = reader.number<std::uint64_t>();
  const auto word_count = reader.number<std::uint64_t>(), player_count = reader.number<std::uint64_t>();

  LevelSet set;
  for (std::uint32_t i = 0; i < file_count; ++i) set.add_file(std::string(reader.take(reader.number<std::uint32_t>())));
  std::vector<PackedRun> runs;
  std::uint64_t level_count = 0;
  for (std::uint64_t i = 0; i < run_count; ++i) {
    PackedRun run{.levels = reader.number<std::uint64_t>(),
                  .first_ordinal = reader.number<std::uint64_t>(),
                  .file = reader.number<std::uint32_t>(),
                  .height = reader.number<std::uint8_t>(),
                  .width = reader.number<std::uint8_t>(),
                  .small = reader.number<std::uint8_t>()};
    reader.take(1);
    const int limit = run.small != 0 ? kSmallSize : kLargestSize;
    if (run.file >= file_count || run.small > 1 || run.height < 3 || run.width < 3 || run.height > limit ||
        run.width > limit || run.levels == 0 || run.levels > bytes.size() || run.first_ordinal > std::uint64_t{1} << 62) {
      fail("impossible sizes");
    }
    level_count += run.levels;
    runs.push_back(run);
  }
  std::map<std::uint64_t, std::string> titles;
  for (std::uint64_t i = 0; i < title_count; ++i) {
    const auto id = reader.number<std::uint64_t>();
    titles.emplace(id, reader.take(reader.number<std::uint32_t>()));
  }
  if (titles.size() != title_count || (!titles.empty() && titles.rbegin()->first >= level_count)) fail("impossible titles");

  if (word_count > bytes.size()) fail("impossible sizes");
  Reader words(reader.take(8 * word_count)), players(reader.take(player_count));
  std::uint64_t id = 0;
  for (const PackedRun& run : runs) {
    for (std::uint64_t i = 0; i < run.levels; ++i, ++id) {
      LevelRows level = rows_of(run, words, players);
      check(level);
      if (const auto title = titles.find(id); title != titles.end()) level.title = title->second;
      set.add(level, {static_cast<std::int32_t>(run.file), static_cast<std::int64_t>(run.first_ordinal + i)});
      if (version == kVersionWithLabels) set.set_label(set.size() - 1, label_from(reader, level));
    }
  }
  if (!reader.at_end() || !words.at_end() || !players.at_end()) fail("impossible sizes");
  return set;
}

}  // namespace boxwarp
