// boxwarp watch: an agent playing, in the terminal and as pictures.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

#include "levels/error.hpp"
#include "tools/agent.hpp"
#include "tools/command.hpp"
#include "tools/episode_view.hpp"
#include "tools/gif.hpp"
#include "tools/output_file.hpp"
#include "tools/png.hpp"
#include "tools/terminal.hpp"

namespace boxwarp {

namespace {

constexpr int kFirstPause_ms = 700, kLastPause_ms = 1500;

// All episodes one after the other; boards smaller than the largest lie in the middle.
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

void show(const Episode& episode, double fps) {
  const TerminalSize size = terminal_size(stdout);
  const bool colours = takes_colours(stdout);
  if (colours && episode.record.height + 2 <= size.rows && 2 * episode.record.width <= size.columns) {
    show_in_place(episode, fps);
  } else {
    show_as_lines(episode, colours, fps);
  }
}

std::vector<Episode> played(const Agent& agent, std::int64_t first, std::int64_t count, int thinking, int cap) {
  const LevelSet& levels = agent.levels->levels();
  std::vector<Episode> episodes;
  for (std::int64_t level = first; level < first + count; ++level) {
    episodes.push_back({record_episode(agent.weights, agent.levels, agent.device, level, thinking, cap), thinking, cap});
    const LevelRows rows = levels.level(level);
    crop(episodes.back().record, rows.height, rows.width);
  }
  return episodes;
}

}  // namespace

int watch_command(int argc, char** argv) {
  Arguments arguments("watch",
                      "Shows an agent playing levels, each from its start until it is solved or the cap is reached.",
                      "--weights FILE --levels PATH [OPTION...]",
                      "  boxwarp watch --weights runs/quickstart/model.safetensors --levels boxoban/unfiltered/test\n"
                      "  boxwarp watch --weights model.safetensors --levels hard.txt --level 7 --think 8 --fps 10\n"
                      "  boxwarp watch --weights model.safetensors --levels hard.txt --episodes 3 --gif play.gif --hide\n");
  add_agent_options(arguments);
  const auto text = [](const char* value) { return cxxopts::value<std::string>()->default_value(value); };
  arguments.add()("level", "first level to play; levels count from 1", text("1"), "N")(
      "episodes", "how many levels to play, one after the other", text("1"), "N")(
      "think", "thinking steps before the first move", text("0"), "T")(
      "fps", "frames per second, in the terminal and in the GIF", text("5"), "X")(
      "gif", "write all episodes as an animation to this file, which must not exist", text(""), "FILE")(
      "png", "write moments of the first episode to this file, which must not exist", text(""), "FILE")(
      "tile", "side of a cell in pictures, in pixels", text("24"), "N")("hide",
                                                                        "show nothing in the terminal but the results");
  if (!arguments.parse(argc, argv)) return 0;

  const std::int64_t level = arguments.integer("level", 1, std::int64_t{1} << 40);
  const std::int64_t count = arguments.integer("episodes", 1, 1000);
  const int thinking = static_cast<int>(arguments.integer("think", 0, kMostThinking)), cap = cap_of(arguments);
  const double fps = arguments.number("fps", 0.1, 50);
  const Tiles tiles(static_cast<int>(arguments.integer("tile", 8, 128)));
  const std::string gif_path = arguments.text("gif"), png_path = arguments.text("png");
  check_output("gif", gif_path);
  check_output("png", png_path);
  const Agent agent = open_agent(arguments);
  const std::int64_t levels = agent.levels->levels().size();
  if (level + count - 1 > levels) {
    throw BadInput(fmt::format("--level {} --episodes {}: there are {} levels, counted from 1", level, count, levels));
  }

  const std::vector<Episode> episodes = played(agent, level - 1, count, thinking, cap);
  if (!gif_path.empty()) write_new_file(gif_path, animation(episodes, tiles, fps));
  if (!png_path.empty()) write_new_file(png_path, png(contact_sheet(episodes.front(), tiles)));
  for (const Episode& episode : episodes) {
    if (!arguments.flag("hide")) show(episode, fps);
    fmt::print("{}\n", result_line(episode));
  }
  for (const std::string& path : {gif_path, png_path}) {
    if (!path.empty()) fmt::print("{}\n", path);
  }
  return 0;
}

}  // namespace boxwarp
