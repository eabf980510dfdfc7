#include "levels/generate/starts.hpp"

#include <fmt/format.h>

#include "levels/error.hpp"
#include "levels/generate/generate.hpp"
#include "levels/generate/rooms.hpp"
#include "levels/solve/solve.hpp"

namespace boxwarp {

namespace {

constexpr std::uint32_t kFirstBlock = 1u << 31;               // of random words; reverse play takes those from 0 on
constexpr std::uint64_t kMostPlays = 2'000;                   // levels of reverse play tried for one
constexpr std::uint64_t kHardestOf = 32;                      // the same where the hardest is asked for
constexpr std::uint64_t kFirstPlay = std::uint64_t{1} << 61;  // their ids: beyond those that levels are asked for by
constexpr std::uint64_t kMostIds = (~std::uint64_t{0} - kFirstPlay) / kMostPlays;  // whose plays have ids of their own
constexpr SolveBudget kCheck{.nodes = 200'000, .bytes = std::int64_t{1} << 28};

// Reverse play until the solver finds the pushes asked for.
StartLevel checked_reverse_play(const StartOptions& options, Solver& solver, std::uint64_t seed, std::uint64_t id) {
  if (id >= kMostIds) {
    throw BadInput(
        fmt::format("no level {}: reverse play, which takes over where a search finds too many boards, makes levels "
                    "up to {}; begin with a lower one (first=...)",
                    id, kMostIds - 1));
  }
  GenerateOptions generate = unset_options();
  generate.play.height = options.height;
  generate.play.width = options.width;
  generate.play.boxes = options.boxes;
  generate.play.walk = options.walk;
  generate = completed(generate);
  StartLevel hardest;
  for (std::uint64_t play = 0; play < (options.hardest ? kHardestOf : kMostPlays); ++play) {
    LevelRows level = generate_level(generate, seed, kFirstPlay + id * kMostPlays + play);
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

struct StartGenerator::Parts {
  StartOptions options;
  search::Rooms<1> small;
  search::Rooms<4> four;
  search::Rooms<8> eight;
  search::Rooms<16> sixteen;
  search::Rooms<64> largest;
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
  const int pushes = search::drawn_pushes(options, words);
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
