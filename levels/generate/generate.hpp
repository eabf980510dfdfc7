// Levels from a seed: the options, their syntax, and one level at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/sokoban/reverse_play.hpp"
#include "levels/level.hpp"

namespace boxwarp {

struct GenerateOptions {
  ReversePlay play;  // walk, min_moves, max_moves: 0 stands for what suits size and boxes
  std::int64_t count = 1000;
  std::int64_t first = 0;  // id of the first level
  std::uint64_t seed = 0;
};

inline constexpr std::string_view kGeneratedPrefix = "generated:";

// Nothing chosen: 7x7, one box, and 0 for walk and moves.
GenerateOptions unset_options();

// From "generated:size=7x7,boxes=1,count=1000,seed=3,moves=8-120,turns=1,walk=16,first=0"; each key may be left out.
// Throws BadInput that names every mistake, the allowed keys and their values.
GenerateOptions parse_generated(std::string_view text);

// The same syntax with every key, so that the levels can be made again.
std::string to_string(const GenerateOptions& options);

// Calls change(key, value) for each pair of such a text, and collects the mistakes that it throws: one BadInput tells all.
void for_each_pair(std::string_view text, const std::function<void(std::string_view key, std::string_view value)>& change);

// One pair of the syntax above, as the command's options use it. Throws BadInput.
void set_option(GenerateOptions& options, std::string_view key, std::string_view value);

// The options with 0 replaced by what suits size and boxes. Throws BadInput if no level can have them.
GenerateOptions completed(GenerateOptions options);

// The level with this id: the same for the same seed, id and options, whatever else is made. Throws BadInput if none was
// found within play.attempts rooms. options must be completed.
LevelRows generate_level(const GenerateOptions& options, std::uint64_t seed, std::uint64_t id);

}  // namespace boxwarp
