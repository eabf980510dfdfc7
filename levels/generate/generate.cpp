#include "levels/generate/generate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <vector>

#include "levels/error.hpp"

namespace boxwarp {

namespace {

constexpr std::string_view kKeys = "size, boxes, count, seed, moves, turns, walk, first; or like, pushes, hardest, boards";

template <class Integer>
std::optional<Integer> number(std::string_view text) {
  Integer value{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <class Integer>
Integer number_in(std::string_view key, std::string_view text, Integer least, Integer most) {
  const auto value = number<Integer>(text);
  if (!value || *value < least || *value > most) {
    throw BadInput(fmt::format("{}={}: expected a whole number from {} to {}", key, text, least, most));
  }
  return *value;
}

constexpr int kMostMoves = 10'000'000;

void set_size(ReversePlay& play, std::string_view text) {
  const std::size_t cross = std::min(text.find('x'), text.size());
  const auto height = number<int>(text.substr(0, cross));
  const auto width = cross < text.size() ? number<int>(text.substr(cross + 1)) : std::nullopt;
  const auto allowed = [](std::optional<int> size) { return size && *size >= 3 && *size <= kLargestSize; };
  if (!allowed(height) || !allowed(width)) {
    throw BadInput(
        fmt::format("size={}: expected HEIGHTxWIDTH, rim included, each from 3 to {}, as in 7x7", text, kLargestSize));
  }
  play.height = *height;
  play.width = *width;
}

void set_moves(ReversePlay& play, std::string_view text) {
  const std::size_t dash = text.find_first_of("-:");
  const auto least = number<int>(text.substr(0, std::min(dash, text.size())));
  const auto most = dash < text.size() ? number<int>(text.substr(dash + 1)) : least;
  if (!least || !most || *least < 1 || *most < *least || *most > kMostMoves) {
    throw BadInput(fmt::format("moves={}: expected LEAST:MOST, from 1 to {}, as in 8:120", text, kMostMoves));
  }
  play.min_moves = *least;
  play.max_moves = *most;
}

}  // namespace

void set_option(GenerateOptions& options, std::string_view key, std::string_view value) {
  ReversePlay& play = options.play;
  if (key == "size") {
    set_size(play, value);
  } else if (key == "moves") {
    set_moves(play, value);
  } else if (key == "boxes") {
    play.boxes = number_in<int>(key, value, 1, kLargestSize * kLargestSize / 2);
  } else if (key == "turns") {
    play.min_turns = number_in<int>(key, value, 0, kMostMoves);
  } else if (key == "walk") {
    play.walk = number_in<int>(key, value, 1, 1'000'000);
  } else if (key == "count") {
    options.count = number_in<std::int64_t>(key, value, 1, 1'000'000'000);
  } else if (key == "first") {
    options.first = number_in<std::int64_t>(key, value, 0, std::int64_t{1} << 60);
  } else if (key == "seed") {
    options.seed = number_in<std::uint64_t>(key, value, 0, std::numeric_limits<std::uint64_t>::max());
  } else {
    throw BadInput(fmt::format("{}: no such key for generated levels; the keys are {}", key, kKeys));
  }
}

GenerateOptions unset_options() {
  GenerateOptions options;
  options.play.walk = options.play.min_moves = options.play.max_moves = 0;
  return options;
}

void for_each_pair(std::string_view text, const std::function<void(std::string_view key, std::string_view value)>& change) {
  const std::string_view whole = text;
  text.remove_prefix(std::min(text.size(), kGeneratedPrefix.size()));
  std::string mistakes;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view pair = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    const std::size_t equals = pair.find('=');
    try {
      if (equals == std::string_view::npos) {
        throw BadInput(fmt::format("\"{}\": expected key=value; the keys are {}", pair, kKeys));
      }
      change(pair.substr(0, equals), pair.substr(equals + 1));
    } catch (const BadInput& mistake) {
      mistakes += fmt::format("{}{}", mistakes.empty() ? "" : "\n", mistake.what());
    }
  }
  if (!mistakes.empty()) throw BadInput(fmt::format("{}: {}", whole, mistakes));
}

GenerateOptions parse_generated(std::string_view text) {
  GenerateOptions options = unset_options();
  for_each_pair(text, [&options](std::string_view key, std::string_view value) { set_option(options, key, value); });
  return completed(options);
}

std::string to_string(const GenerateOptions& options) {
  const ReversePlay& play = options.play;
  return fmt::format("{}size={}x{},boxes={},count={},seed={},moves={}-{},turns={},walk={},first={}", kGeneratedPrefix,
                     play.height, play.width, play.boxes, options.count, options.seed, play.min_moves, play.max_moves,
                     play.min_turns, play.walk, options.first);
}

GenerateOptions completed(GenerateOptions options) {
  ReversePlay& play = options.play;
  const int interior = (play.height - 2) * (play.width - 2);
  // 36 steps in an interior of 64 cells give rooms as large as Boxoban's; many boxes need more room between them.
  if (play.walk == 0) play.walk = std::max({4, 36 * interior / 64, 8 * play.boxes + play.boxes * play.boxes / 15});
  if (play.min_moves == 0) play.min_moves = std::clamp(interior / 3, 1, 8);
  if (play.max_moves == 0) play.max_moves = std::max(120, play.boxes * (play.height + play.width));
  if (std::max(play.height, play.width) < 5 || 2 * play.boxes > interior) {
    throw BadInput(
        fmt::format("size={}x{},boxes={}: no room for that; a push needs three cells in a row inside the rim, and "
                    "each box needs two cells of the {}",
                    play.height, play.width, play.boxes, interior));
  }
  return options;
}

LevelRows generate_level(const GenerateOptions& options, std::uint64_t seed, std::uint64_t id) {
  PlayedLevel<> played;
  if (!reverse_played(options.play, seed, id, played)) {
    throw BadInput(fmt::format("{}: no level {} in {} rooms; ask for fewer boxes or turns, more moves, or a longer walk",
                               to_string(options), id, options.play.attempts));
  }
  const auto height = static_cast<std::size_t>(options.play.height);
  return {.height = options.play.height,
          .width = options.play.width,
          .walls = std::vector<Row>(played.walls, played.walls + height),
          .targets = std::vector<Row>(played.targets, played.targets + height),
          .boxes = std::vector<Row>(played.boxes, played.boxes + height),
          .player = played.player,
          .title = {}};
}

}  // namespace boxwarp
