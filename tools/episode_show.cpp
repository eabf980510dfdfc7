#include "tools/episode_show.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>
#include <utility>

#include "tools/gif.hpp"
#include "tools/terminal.hpp"

namespace boxwarp {

namespace {

constexpr int kFirstPause_ms = 700, kLastPause_ms = 1500;

void wait(double fps) {
  std::fflush(stdout);
  std::this_thread::sleep_for(std::chrono::duration<double>(1 / fps));
}

// Frames over one another where the terminal has room for them.
void show_in_place(const Episode& episode, double fps) {
  bool first = true;
  for (const Moment moment : moments(episode)) {
    const std::vector<std::string> lines = board_lines(episode.record, moment.step, true);
    if (!std::exchange(first, false)) fmt::print("\033[{}A", lines.size() + 1);
    for (const std::string& line : lines) fmt::print("{}\n", line);
    fmt::print("{}\033[K\n", status_line(episode, moment));
    wait(fps);
  }
}

// Frames below one another; thinking changes no board, so it is told by lines.
void show_as_lines(const Episode& episode, bool colours, double fps) {
  for (const Moment moment : moments(episode)) {
    if (moment.thought == 0) {
      for (const std::string& line : board_lines(episode.record, moment.step, colours)) fmt::print("{}\n", line);
    }
    fmt::print("{}\n\n", status_line(episode, moment));
    if (is_terminal(stdout)) wait(fps);
  }
}

}  // namespace

std::vector<std::byte> animation(const std::vector<Episode>& episodes, const Tiles& tiles, double fps) {
  int width = 0, height = 0;
  for (const Episode& episode : episodes) {
    const Picture picture = moment_picture(episode, {0, 0}, tiles);
    width = std::max(width, picture.width);
    height = std::max(height, picture.height);
  }
  const Picture colours = all_colours(tiles);
  const int usual_ms = static_cast<int>(std::lround(1000 / fps));
  Gif gif(width, height, colours);
  for (const Episode& episode : episodes) {
    const std::vector<Moment> all = moments(episode);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Picture picture = moment_picture(episode, all[i], tiles);
      Picture frame(width, height, colours.at(0, 0));
      paste(frame, picture, (width - picture.width) / 2, (height - picture.height) / 2);
      const int pause_ms = i + 1 == all.size() ? kLastPause_ms : i == 0 ? kFirstPause_ms : 0;
      gif.add(frame, std::max(usual_ms, pause_ms));
    }
  }
  return gif.finished();
}

void show(const Episode& episode, double fps) {
  const TerminalSize size = terminal_size(stdout);
  const bool colours = takes_colours(stdout);
  if (colours && episode.record.height + 2 <= size.rows && 2 * episode.record.width <= size.columns) {
    show_in_place(episode, fps);
  } else {
    show_as_lines(episode, colours, fps);
  }
}

}  // namespace boxwarp
