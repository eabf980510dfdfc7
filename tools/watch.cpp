// boxwarp watch: an agent playing, in the terminal and as pictures.
#include <fmt/format.h>

#include "levels/error.hpp"
#include "tools/agent.hpp"
#include "tools/command.hpp"
#include "tools/episode_show.hpp"
#include "tools/output_file.hpp"
#include "tools/png.hpp"

namespace boxwarp {

namespace {

std::vector<Episode> played(const Agent& agent, std::int64_t first, std::int64_t count, int thinking, int cap) {
  const LevelSet& levels = agent.levels->levels();
  std::vector<Episode> episodes;
  for (std::int64_t level = first; level < first + count; ++level) {
    episodes.push_back(
        {record_episode(agent.weights, agent.levels, agent.device, level, thinking, cap, agent.precision, agent.rules),
         thinking, cap});
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
  arguments.add()("level", "first level to play; levels count from 1", by_default("1"), "N")(
      "episodes", "how many levels to play, one after the other", by_default("1"), "N")(
      "think", "thinking steps before the first move", by_default("0"), "T")(
      "fps", "frames per second, in the terminal and in the GIF", by_default("5"), "X")(
      "gif", "write all episodes as an animation to this file, which must not exist", by_default(""), "FILE")(
      "png", "write moments of the first episode to this file, which must not exist", by_default(""), "FILE")(
      "tile", "side of a cell in pictures, in pixels", by_default("24"), "N")(
      "hide", "show nothing in the terminal but the results");
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
