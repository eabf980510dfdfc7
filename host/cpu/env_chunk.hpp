// A chunk of boards of the small tier, with same-step auto-reset: all of its boards move first, and what few episodes ended
// are dealt with afterwards in two parts. The first draws their next levels and asks the memory for them, the second lays
// them out; between the two another chunk moves, so that nobody waits for a level of a large bank.
#pragma once

#include <cstdint>

#include "host/cpu/env_parts.hpp"
#include "kernels/env/episode.hpp"

namespace boxwarp::cpu {

// What a step tells of a chunk: element 0 is its first board's.
struct ChunkOutput {
  float* reward;
  std::uint8_t* terminated;
  std::uint8_t* truncated;
};

// Moves boards begin..end, at most kChunk; actions: of board begin and those behind it.
void move_chunk(const EnvOptions& options, const EnvStateView& state, const ChunkOutput& output, const std::uint8_t* actions,
                std::int64_t begin, std::int64_t end);

// Boards of a chunk whose episodes ended, and what they go on with.
class EndedBoards {
 public:
  // Of the boards moved last: draws their next episodes and asks the memory for their levels.
  void find(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state, const ChunkOutput& output,
            std::int64_t begin, std::int64_t end);

  // tell(e) for each of them, while its board is still that of the old episode; then the next one starts.
  template <class Tell>
  void begin_next(const LevelBankView& bank, const EnvStateView& state, const Tell& tell) {
    for (int i = 0; i < count_; ++i) {
      tell(board_[i]);
      begin_episode(bank, state, board_[i], next_[i]);
    }
    count_ = 0;
  }

 private:
  int count_ = 0;
  std::int64_t board_[kChunk];
  NextEpisode next_[kChunk];
};

}  // namespace boxwarp::cpu
