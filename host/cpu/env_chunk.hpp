// A chunk of boards of the small tier: all of its boards move first, but for those that wait for a reset, and what few
// episodes ended or begin are dealt with afterwards in two parts. The first draws next levels and asks the memory for them,
// the second lays them out; between the two another chunk moves, so that nobody waits for a level of a large bank.
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

// Boards of a chunk whose episodes ended in this step, or begin in it with AutoReset::next_step.
class EndedBoards {
 public:
  // Of the boards moved last: draws next episodes, where AutoReset says that they start in this step, and asks the memory
  // for their levels. Of boards that waited to start it clears the flags.
  void find(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state, const ChunkOutput& output,
            std::int64_t begin, std::int64_t end);

  // tell(e) for each whose episode ended, while its board is still that of the old episode; then next ones start.
  template <class Tell>
  void go_on(const LevelBankView& bank, const EnvStateView& state, const Tell& tell) {
    for (int i = 0; i < count_; ++i) {
      const std::int64_t e = board_[i];
      if (state.ended[e] == 0) tell(e);
      if (next_[i].level >= 0)
        begin(bank, state, e, next_[i]);
      else
        await_next(state, e);
    }
    count_ = 0;
  }

 private:
  static void begin(const LevelBankView& bank, const EnvStateView& state, std::int64_t e, const NextEpisode& next) {
    if (bank.records == nullptr) return begin_episode(bank, state, e, next);
    const LevelRecord& record = bank.records[next.level];
    LevelBankView alone = bank;  // of this level
    alone.walls = &record.walls;
    alone.targets = &record.targets;
    alone.boxes = &record.boxes;
    alone.player = &record.player;
    lay_out(alone, state, e, 0, next.symmetry);
    begin_counting(state, e, next);
  }

  int count_ = 0;
  std::int64_t board_[kChunk];
  NextEpisode next_[kChunk];  // level -1: it does not start in this step
};

}  // namespace boxwarp::cpu
