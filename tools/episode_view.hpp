// A recorded episode as what a person sees: moments in order, as lines for a terminal and as pictures.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/learner/evaluation.hpp"
#include "tools/picture.hpp"

namespace boxwarp {

struct Episode {
  RecordedEpisode record;
  int thinking;  // steps before the first move
  int cap;
};

// What is seen at one time: the first board with `thought` (1 to thinking) while the agent thinks, then board `step`.
struct Moment {
  int step;
  int thought;  // 0 once it acts
};
std::vector<Moment> moments(const Episode& episode);

// Leaves the rows and columns of every board that lie within height x width.
void crop(RecordedEpisode& record, int height, int width);

// Board rows: in colours two columns a cell with escape sequences that end with the row, else the characters of level files.
std::vector<std::string> board_lines(std::span<const std::uint8_t> cells, int width, bool colours);
std::vector<std::string> board_lines(const RecordedEpisode& record, int step, bool colours);
// "step 7 of 120  left  reward -0.1  return 0.3", or what the agent thinks at.
std::string status_line(const Episode& episode, Moment moment);
// "level 3 (Title): solved in 34 steps, return 12.6"
std::string result_line(const Episode& episode);

// The board above a strip that shows time: dots for thinking steps, a bar for moves, all green or red at the end.
Picture moment_picture(const Episode& episode, Moment moment, const Tiles& tiles);
// Every colour that moment_picture uses.
Picture all_colours(const Tiles& tiles);
// The first moment, some of the middle at equal distances, and the last one, in rows of four.
Picture contact_sheet(const Episode& episode, const Tiles& tiles);

}  // namespace boxwarp
