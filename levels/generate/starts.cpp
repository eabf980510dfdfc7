#include "levels/generate/starts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <vector>

#include "levels/error.hpp"
#include "levels/generate/generate.hpp"
#include "levels/generate/likeness.hpp"
#include "levels/generate/retrograde.hpp"
#include "levels/solve/solve.hpp"

namespace boxwarp {

using search::Frame;
using search::Plane;

namespace {

constexpr std::uint32_t kFirstBlock = 1u << 31;  // of random words; reverse play takes those from 0 on
constexpr int kMostRooms = 20'000;               // tried for one level; ten times as many for one like a published set
constexpr int kPatience = 4;                     // rooms before another number of pushes is drawn from the range
constexpr int kMisfits = 3;                      // rooms whose boards do not fit before reverse play takes over
constexpr std::uint64_t kMostPlays = 2'000;      // levels of reverse play tried for one
constexpr std::uint64_t kHardestOf = 32;         // the same where the hardest is asked for
constexpr SolveBudget kCheck{.nodes = 200'000, .bytes = std::int64_t{1} << 28};
constexpr int kAnyDepth = 1'000'000;
constexpr int kMostPushes = 10'000;  // that may be asked for

double unit(reverse_play::Words& words) { return words.next() * 0x1p-32; }

template <int kWords>
int cell_numbered(Plane<kWords> cells, int number) {
  for (; number > 0; --number) cells.flip(cells.first());
  return cells.first();
}

// As far as the search goes.
int drawn_pushes(const StartOptions& options, reverse_play::Words& words) {
  if (options.hardest) return kAnyDepth;
  if (!options.like) return options.min_pushes + words.below(options.max_pushes - options.min_pushes + 1);
  const int* const histogram = search::push_histogram(*options.like);
  int left = words.below(std::accumulate(histogram, histogram + search::kMostLikePushes + 1, 0));
  int pushes = 0;
  while (left >= histogram[pushes]) left -= histogram[pushes++];
  return pushes;
}

// Carves rooms and draws from their starts; boards of up to 64 * kWords cells.
template <int kWords>
class Rooms {
 public:
  // No level: the boards of the rooms do not fit.
  std::optional<StartLevel> level(const StartOptions& options, reverse_play::Words& words, int pushes);

 private:
  void carve(const StartOptions& options, reverse_play::Words& words);
  bool kept(const StartOptions& options, reverse_play::Words& words) const;
  bool draw_start(const StartOptions& options, reverse_play::Words& words, int pushes, StartLevel& level);
  LevelRows rows_of(const StartOptions& options, const Plane<kWords>& boxes, int player) const;

  reverse_play::Play<kLargestSize> play_;
  Frame<kWords> frame_;
  Plane<kWords> open_, targets_;
  search::Retrograde<kWords> retrograde_;
  std::vector<std::size_t> starts_;
  std::vector<double> up_to_;  // sums of weights
};

template <int kWords>
void Rooms<kWords>::carve(const StartOptions& options, reverse_play::Words& words) {
  ReversePlay rules{.height = options.height, .width = options.width, .walk = options.walk};
  std::fill(std::begin(play_.floor), std::end(play_.floor), Row{0});
  reverse_play::carve(rules, words, play_);
  open_ = targets_ = {};
  for (int row = 0; row < frame_.rows; ++row) {
    for (Row rest = play_.floor[row + 1] >> 1; rest != 0; rest &= rest - 1) {
      open_.flip(row * frame_.stride() + std::countr_zero(rest));
    }
  }
}

template <int kWords>
bool Rooms<kWords>::kept(const StartOptions& options, reverse_play::Words& words) const {
  if (open_.count() < 2 * options.boxes + 1) return false;
  if constexpr (kWords == 1) return !options.like || unit(words) < search::room_chance(frame_, open_);
  return true;
}

// One of the starts that need so many pushes and have no box on a target. False: there is none.
template <int kWords>
bool Rooms<kWords>::draw_start(const StartOptions& options, reverse_play::Words& words, int pushes, StartLevel& level) {
  starts_.clear();
  up_to_.clear();
  double sum = 0;
  for (std::size_t number = retrograde_.first(pushes); number < retrograde_.first(pushes + 1); ++number) {
    const search::Start<kWords>& start = retrograde_.at(number);
    if ((start.boxes & targets_).any()) continue;
    const Plane<kWords>& reached = start.reached;
    double weight = reached.count();  // every cell of the player is as likely
    if constexpr (kWords == 1) {
      if (options.like) weight = search::start_weight(frame_, open_, start.boxes, reached);
    }
    starts_.push_back(number);
    up_to_.push_back(sum += weight);
  }
  if (starts_.empty()) return false;
  const auto chosen = std::upper_bound(up_to_.begin(), up_to_.end() - 1, sum * unit(words));
  const search::Start<kWords>& start = retrograde_.at(starts_[static_cast<std::size_t>(chosen - up_to_.begin())]);
  level.level = rows_of(options, start.boxes, cell_numbered(start.reached, words.below(start.reached.count())));
  level.pushes = pushes;
  return true;
}

template <int kWords>
LevelRows Rooms<kWords>::rows_of(const StartOptions& options, const Plane<kWords>& boxes, int player) const {
  const auto height = static_cast<std::size_t>(options.height);
  LevelRows rows{.height = options.height,
                 .width = options.width,
                 .walls = std::vector<Row>(height, ~Row{0}),
                 .targets = std::vector<Row>(height, 0),
                 .boxes = std::vector<Row>(height, 0),
                 .player = {},
                 .title = {}};
  const auto at = [&](int cell) { return Position{cell / frame_.stride() + 1, cell % frame_.stride() + 1}; };
  const auto bit = [&](int cell) { return Row{1} << at(cell).column; };
  const auto row = [&](int cell) { return static_cast<std::size_t>(at(cell).row); };
  open_.for_each([&](int cell) { rows.walls[row(cell)] &= ~bit(cell); });
  targets_.for_each([&](int cell) { rows.targets[row(cell)] |= bit(cell); });
  boxes.for_each([&](int cell) { rows.boxes[row(cell)] |= bit(cell); });
  rows.player = at(player);
  return rows;
}

template <int kWords>
std::optional<StartLevel> Rooms<kWords>::level(const StartOptions& options, reverse_play::Words& words, int pushes) {
  frame_ = search::frame_of<kWords>(options.height - 2, options.width - 2);
  int misfits = 0, tried = 0;
  const int most_rooms = options.like ? 10 * kMostRooms : kMostRooms;
  for (int room = 1; room <= most_rooms; ++room) {
    carve(options, words);
    if (!kept(options, words)) continue;
    if (!options.like && ++tried % kPatience == 0) pushes = drawn_pushes(options, words);
    for (int left = open_.count(), target = 0; target < options.boxes; ++target, --left) {
      targets_.flip(cell_numbered(open_ & ~targets_, words.below(left)));
    }
    if (!retrograde_.search(frame_, open_, targets_, pushes, options.boards)) {
      if (++misfits == kMisfits) return std::nullopt;
      continue;
    }
    StartLevel level;
    const int lowest = options.hardest ? 1 : pushes;
    int depth = options.hardest ? retrograde_.depth() : std::min(retrograde_.depth(), pushes);
    for (; depth >= lowest; --depth) {
      if (draw_start(options, words, depth, level)) return level;
    }
  }
  throw BadInput(fmt::format("none of {} rooms of {}x{} with {} boxes has a start that needs so many pushes; ask for fewer",
                             most_rooms, options.height, options.width, options.boxes));
}

// Reverse play until the solver finds the pushes asked for.
StartLevel checked_reverse_play(const StartOptions& options, Solver& solver, std::uint64_t seed, std::uint64_t id) {
  GenerateOptions generate = unset_options();
  generate.play.height = options.height;
  generate.play.width = options.width;
  generate.play.boxes = options.boxes;
  generate.play.walk = options.walk;
  generate = completed(generate);
  StartLevel hardest;
  for (std::uint64_t play = 0; play < (options.hardest ? kHardestOf : kMostPlays); ++play) {
    // Ids beyond those that levels are asked for by, a range for each level.
    LevelRows level = generate_level(generate, seed, (std::uint64_t{1} << 61) + id * kMostPlays + play);
    const SolveResult result = solver.solve(level, Optimal::pushes, kCheck);
    if (result.outcome != SolveOutcome::solved) continue;
    if (!options.hardest && (result.pushes < options.min_pushes || result.pushes > options.max_pushes)) continue;
    if (result.pushes <= hardest.pushes) continue;
    hardest = {std::move(level), result.pushes, true};
    if (!options.hardest) break;
  }
  if (hardest.pushes > 0) return hardest;
  throw BadInput(fmt::format(
      "the boards of rooms of {}x{} with {} boxes do not fit the budget of {}, and reverse play found no level that the "
      "solver showed to need {} to {} pushes; ask for others, fewer boxes or smaller rooms",
      options.height, options.width, options.boxes, options.boards, options.min_pushes, options.max_pushes));
}

}  // namespace

std::string to_string(const StartOptions& options, std::uint64_t seed) {
  if (options.like) return fmt::format("{}like={},seed={}", kGeneratedPrefix, word_of(*options.like), seed);
  const std::string pushes =
      options.hardest ? "hardest=1" : fmt::format("pushes={}:{}", options.min_pushes, options.max_pushes);
  return fmt::format("{}size={}x{},boxes={},walk={},{},boards={},seed={}", kGeneratedPrefix, options.height, options.width,
                     options.boxes, options.walk, pushes, options.boards, seed);
}

void set_pushes(StartOptions& options, std::string_view text) {
  const std::size_t colon = std::min(text.find_first_of(":-"), text.size());
  int* const ends[] = {&options.min_pushes, &options.max_pushes};
  const std::string_view parts[] = {text.substr(0, colon), colon == text.size() ? text : text.substr(colon + 1)};
  for (const std::size_t end : {0, 1}) {
    const auto [stop, failure] = std::from_chars(parts[end].data(), parts[end].data() + parts[end].size(), *ends[end]);
    if (failure != std::errc{} || stop != parts[end].data() + parts[end].size()) *ends[end] = 0;
  }
  if (options.min_pushes < 1 || options.max_pushes < options.min_pushes || options.max_pushes > kMostPushes) {
    throw BadInput(fmt::format("pushes: found '{}', expected LEAST:MOST, from 1 to {}, as in 10:30", text, kMostPushes));
  }
}

bool names_starts(std::string_view text) {
  if (!text.starts_with(kGeneratedPrefix)) return false;
  bool found = false;
  try {
    for_each_pair(text, [&found](std::string_view key, std::string_view) {
      found = found || key == "like" || key == "pushes" || key == "hardest";
    });
  } catch (const BadInput&) {
    // Whoever reads the text tells what is wrong with it.
  }
  return found;
}

StartSource parse_starts(std::string_view text) {
  StartSource source;
  GenerateOptions plain = unset_options();
  int kinds = 0;
  bool has_size = false, has_boxes = false, has_walk = false;
  for_each_pair(text, [&](std::string_view key, std::string_view value) {
    if (key == "like") {
      ++kinds;
      source.options.like = option_named<Like>("like", value);
    } else if (key == "pushes") {
      ++kinds;
      set_pushes(source.options, value);
    } else if (key == "hardest") {
      ++kinds;
      if (value != "1") throw BadInput(fmt::format("hardest={}: expected 1", value));
      source.options.hardest = true;
    } else if (key == "boards") {
      const auto [stop, failure] = std::from_chars(value.data(), value.data() + value.size(), source.options.boards);
      if (failure != std::errc{} || stop != value.data() + value.size() || source.options.boards < 1)
        throw BadInput(fmt::format("boards={}: expected a whole number, 1 or more", value));
    } else if (key == "moves" || key == "turns") {
      throw BadInput(fmt::format("{}: only reverse play takes this, which like, pushes and hardest are not", key));
    } else {
      has_size |= key == "size";
      has_boxes |= key == "boxes";
      has_walk |= key == "walk";
      set_option(plain, key, value);
    }
  });
  if (kinds != 1) throw BadInput(fmt::format("{}: takes one of like, pushes and hardest", text));
  if (source.options.like && (has_size || has_boxes || has_walk))
    throw BadInput(fmt::format("{}: like decides size, boxes and walk", text));
  if (has_size) {
    source.options.height = plain.play.height;
    source.options.width = plain.play.width;
  }
  if (has_boxes) source.options.boxes = plain.play.boxes;
  source.options.walk = plain.play.walk;
  source.options = completed(source.options);
  source.seed = plain.seed;
  source.first = plain.first;
  source.count = plain.count;
  return source;
}

StartOptions completed(StartOptions options) {
  if (options.like) {
    options.height = options.width = kSmallSize;
    options.boxes = 4;
    options.walk = search::kLikeWalk;
  }
  GenerateOptions generate = unset_options();
  generate.play.height = options.height;
  generate.play.width = options.width;
  generate.play.boxes = options.boxes;
  generate.play.walk = options.walk;
  options.walk = completed(generate).play.walk;
  return options;
}

struct StartGenerator::Parts {
  StartOptions options;
  Rooms<1> small;
  Rooms<4> four;
  Rooms<8> eight;
  Rooms<16> sixteen;
  Rooms<64> largest;
  Solver solver;
};

StartGenerator::StartGenerator(const StartOptions& options) : parts_(std::make_unique<Parts>()) {
  parts_->options = options;
}
StartGenerator::~StartGenerator() = default;
StartGenerator::StartGenerator(StartGenerator&&) noexcept = default;
StartGenerator& StartGenerator::operator=(StartGenerator&&) noexcept = default;

StartLevel StartGenerator::level(std::uint64_t seed, std::uint64_t id) {
  const StartOptions& options = parts_->options;
  reverse_play::Words words;
  words.begin(seed, id);
  words.block = kFirstBlock;
  const int pushes = drawn_pushes(options, words);
  const int rows = options.height - 2, width = options.width - 2, cells = rows * width;
  auto level = rows <= kSmallInterior && width <= kSmallInterior ? parts_->small.level(options, words, pushes)
               : cells <= 4 * 64                                 ? parts_->four.level(options, words, pushes)
               : cells <= 8 * 64                                 ? parts_->eight.level(options, words, pushes)
               : cells <= 16 * 64                                ? parts_->sixteen.level(options, words, pushes)
                                                                 : parts_->largest.level(options, words, pushes);
  if (!level) level = checked_reverse_play(options, parts_->solver, seed, id);
  level->level.title = fmt::format("{} pushes{}", level->pushes, level->by_reverse_play ? " (reverse play)" : "");
  return *std::move(level);
}

}  // namespace boxwarp
