// Levels drawn from all starts of a room, which a search backwards from its solved boards finds: every level has a solution,
// and its fewest pushes are known.
#pragma once

#include <cstdint>
#include <memory>

#include "levels/generate/start_source.hpp"
#include "levels/level.hpp"

namespace boxwarp {

struct StartLevel {
  LevelRows level;               // titled with its pushes
  int pushes = 0;                // the fewest that solve it
  bool by_reverse_play = false;  // the boards did not fit
};

// One for each thread; keeps its memory from level to level.
class StartGenerator {
 public:
  explicit StartGenerator(const StartOptions& options);  // completed
  ~StartGenerator();
  StartGenerator(StartGenerator&&) noexcept;
  StartGenerator& operator=(StartGenerator&&) noexcept;

  // The level with this id: the same for the same options, seed and id, whatever else is made. Throws BadInput if none of
  // many rooms has such a level, and for ids from 8e15 on where reverse play takes over.
  StartLevel level(std::uint64_t seed, std::uint64_t id);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace boxwarp
