// boxwarp replay: lists of moves in LURD notation, checked against the rules and shown.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>
#include <numeric>

#include "levels/error.hpp"
#include "levels/file_bytes.hpp"
#include "levels/game.hpp"
#include "levels/level_set.hpp"
#include "levels/parse/lurd.hpp"
#include "tools/arguments.hpp"
#include "tools/command.hpp"
#include "tools/episode_show.hpp"
#include "tools/output_file.hpp"
#include "tools/png.hpp"

namespace boxwarp {

namespace {

constexpr int kNotSolved = 2;
constexpr float kStepReward = -0.1f, kBoxReward = 1, kFinishReward = 10;  // those of the published environment

int matched(const LevelRows& level) {
  int boxes = 0;
  for (std::size_t row = 0; row < level.boxes.size(); ++row) boxes += std::popcount(level.boxes[row] & level.targets[row]);
  return boxes;
}

// The moves played out. Throws BadInput on the first that cannot be made, or whose case says something else than it does;
// moves in small letters only say nothing about pushes.
Episode replayed(const LevelRows& level, const Lurd& lurd) {
  const bool tells_pushes = std::any_of(lurd.moves.begin(), lurd.moves.end(), lurd_pushes);
  Episode episode{.record = {}, .thinking = 0, .cap = static_cast<int>(lurd.moves.size())};
  episode.record.height = level.height;
  episode.record.width = level.width;
  episode.record.level = lurd.level - 1;
  episode.record.title = level.title;
  Game game(level);
  episode.record.boards.push_back(cell_codes(game.level()));
  for (const char letter : lurd.moves) {
    const auto fail = [&](std::string_view what) {
      throw BadInput(fmt::format("level {}: move {} '{}' {}", lurd.level, game.moves(), letter, what));
    };
    const bool solved_before = game.solved();
    const int matched_before = matched(game.level());
    if (!game.move(lurd_action(letter))) {
      throw BadInput(fmt::format("level {}: move {} '{}' cannot be made: a wall, or a box that does not give way",
                                 lurd.level, game.moves() + 1, letter));
    }
    const bool pushes = lurd_pushes(game.lurd().back());
    if (tells_pushes && pushes && !lurd_pushes(letter)) fail("pushes a box; write a capital");
    if (tells_pushes && !pushes && lurd_pushes(letter)) fail("pushes no box; write a small letter");
    const int change = matched(game.level()) - matched_before;
    episode.record.actions.push_back(static_cast<int>(lurd_action(letter)));
    episode.record.rewards.push_back(kStepReward + kBoxReward * static_cast<float>(change) +
                                     (game.solved() && !solved_before ? kFinishReward : 0));
    episode.record.boards.push_back(cell_codes(game.level()));
  }
  episode.record.solved = game.solved();
  return episode;
}

// What to replay: all lists of the file, or those for one level.
std::vector<Lurd> chosen(const Arguments& arguments, std::int64_t levels) {
  const std::int64_t only = arguments.integer("level", 0, levels);
  if (arguments.has("moves") == arguments.has("lurd")) {
    throw BadInput("replay: give the moves by --lurd FILE or by --moves LETTERS, one of the two");
  }
  const std::string path = arguments.has("lurd") ? arguments.text("lurd") : "--moves";
  std::vector<Lurd> all = parse_lurd(path, arguments.has("lurd") ? bytes_of(path) : arguments.text("moves"));
  for (Lurd& lurd : all) {
    if (lurd.level == 0) lurd.level = std::max<std::int64_t>(only, 1);
  }
  if (only > 0) std::erase_if(all, [only](const Lurd& lurd) { return lurd.level != only; });
  if (all.empty()) throw BadInput(fmt::format("--level: {} has no moves for level {}", path, only));
  for (const Lurd& lurd : all) {
    if (lurd.level > levels)
      throw BadInput(fmt::format("{}: moves for level {}, but there are {}", path, lurd.level, levels));
  }
  return all;
}

std::string as_json(const std::vector<Episode>& episodes, const std::vector<Lurd>& lurds) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < episodes.size(); ++i) {
    const RecordedEpisode& record = episodes[i].record;
    list.push_back({{"level", lurds[i].level},
                    {"title", record.title},
                    {"solved", record.solved},
                    {"moves", record.actions.size()},
                    {"return", std::accumulate(record.rewards.begin(), record.rewards.end(), 0.0)}});
  }
  return nlohmann::ordered_json{{"replays", list}}.dump(2);
}

}  // namespace

int replay_command(int argc, char** argv) {
  Arguments arguments(
      "replay",
      "Plays moves in LURD notation (u d l r, a capital where a box is pushed) and says whether they solve the\n"
      "level. Ends with status 2 if a move cannot be made or a box is left off its target.",
      "--levels PATH (--lurd FILE | --moves LETTERS) [OPTION...]",
      "  boxwarp replay --levels my_levels.txt --level 3 --moves rrDDLLuuR\n"
      "  boxwarp replay --levels my_levels.txt --lurd played.lurd --hide\n"
      "  boxwarp replay --levels my_levels.txt --lurd played.lurd --level 3 --gif solution.gif\n");
  arguments.add()("levels", "file or folder of levels; may be given several times", cxxopts::value<std::string>(), "PATH")(
      "lurd", "file of moves; lines \"; 12\" say which level those below are for", cxxopts::value<std::string>(), "FILE")(
      "moves", "the moves themselves", cxxopts::value<std::string>(), "LETTERS")(
      "level", "level of moves that do not say it; only the moves for this level. 0: the first, and all", by_default("0"),
      "N")("fps", "frames per second, in the terminal and in the GIF", by_default("5"), "X")(
      "gif", "write it as an animation to this file, which must not exist", by_default(""), "FILE")(
      "png", "write moments of the first to this file, which must not exist", by_default(""), "FILE")(
      "tile", "side of a cell in pictures, in pixels", by_default("24"), "N")(
      "hide", "show nothing in the terminal but the results")("json", "print one JSON object instead of anything else")(
      "lenient", "leave bad levels out instead of stopping at the first");
  if (!arguments.parse(argc, argv)) return 0;

  arguments.required("levels");
  const double fps = arguments.number("fps", 0.1, 50);
  const int tile = static_cast<int>(arguments.integer("tile", 8, 128));
  const std::string gif_path = arguments.text("gif"), png_path = arguments.text("png");
  check_output("gif", gif_path);
  check_output("png", png_path);
  const LevelSet levels = load_levels(arguments.texts("levels"), {.lenient = arguments.flag("lenient")});
  const std::vector<Lurd> lurds = chosen(arguments, levels.size());
  std::vector<Episode> episodes;
  for (const Lurd& lurd : lurds) episodes.push_back(replayed(levels.level(lurd.level - 1), lurd));

  if (!gif_path.empty()) write_new_file(gif_path, animation(episodes, Tiles(tile), fps));
  if (!png_path.empty()) write_new_file(png_path, png(contact_sheet(episodes.front(), Tiles(tile))));
  if (arguments.flag("json")) fmt::print("{}\n", as_json(episodes, lurds));
  bool solved = true;
  for (const Episode& episode : episodes) {
    solved = solved && episode.record.solved;
    if (arguments.flag("json")) continue;
    if (!arguments.flag("hide")) show(episode, fps);
    fmt::print("{}\n", result_line(episode));
  }
  return solved ? 0 : kNotSolved;
}

}  // namespace boxwarp
