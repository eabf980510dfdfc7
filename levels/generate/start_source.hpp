// Which levels are drawn from the starts of rooms: the options and their syntax.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "levels/option_words.hpp"

namespace boxwarp {

// A published set whose distribution is drawn from: 10x10, four boxes.
enum class Like : std::uint8_t { boxoban, medium, hard };

constexpr auto words(Like) {
  return std::to_array<Word<Like>>({{"boxoban", Like::boxoban}, {"medium", Like::medium}, {"hard", Like::hard}});
}

struct StartOptions {
  int height = 10, width = 10, boxes = 4;
  int walk = 0;              // steps of the walk that carves the room; 0: what suits size and boxes
  std::optional<Like> like;  // else any number of pushes of the range, those that few rooms have less often
  int min_pushes = 10, max_pushes = 30;
  bool hardest = false;           // the start of each room that needs the most pushes, whatever that is
  std::int64_t boards = 400'000;  // that a search may find; reverse play and the solver take over where that is too few
};

// What makes the levels again, but for their ids: "generated:like=hard,seed=7".
std::string to_string(const StartOptions& options, std::uint64_t seed);

// "10:30", or one number, into the range of pushes. Throws BadInput.
void set_pushes(StartOptions& options, std::string_view text);

// Levels first..first+count of a seed.
struct StartSource {
  StartOptions options;  // completed
  std::uint64_t seed = 0;
  std::int64_t first = 0, count = 1000;
  bool has_count = false;  // the text says how many; where it does not, training never runs out of them
};

// Does "generated:like=boxoban,seed=7,count=1000" ask for this method: by the key like, pushes or hardest?
bool names_starts(std::string_view text);

// From such a text: like=boxoban|medium|hard, or pushes=10:30 or hardest=1 with size, boxes, walk and boards; and count,
// seed, first. Throws BadInput that names every mistake.
StartSource parse_starts(std::string_view text);

// The options with 0 replaced and the size of `like`. Throws BadInput if no level can have them.
StartOptions completed(StartOptions options);

}  // namespace boxwarp
