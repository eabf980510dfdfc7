// boxwarp play: levels played by hand, in the terminal.
#include <fmt/format.h>

#include <map>
#include <utility>

#include "levels/error.hpp"
#include "levels/game.hpp"
#include "levels/level_set.hpp"
#include "levels/parse/lurd.hpp"
#include "tools/arguments.hpp"
#include "tools/command.hpp"
#include "tools/episode_view.hpp"
#include "tools/keyboard.hpp"
#include "tools/output_file.hpp"
#include "tools/progress.hpp"
#include "tools/terminal.hpp"

namespace boxwarp {

namespace {

constexpr int kInterrupted = 130;
constexpr std::string_view kKeys = "arrows move, u undo, r restart, n next level, p previous, q quit";

// The board above two lines, drawn over what was drawn before.
class Screen {
 public:
  void draw(const Game& game, const std::string& status) {
    if (!is_terminal(stdout)) return;
    const bool colours = takes_colours(stdout);
    std::vector<std::string> lines = board_lines(cell_codes(game.level()), game.level().width, colours);
    lines.push_back(status);
    lines.emplace_back(kKeys);
    const bool fits = static_cast<int>(lines.size()) < terminal_size(stdout).rows;
    if (drawn_ > 0 && fits) fmt::print("\033[{}A\033[J", drawn_);
    for (const std::string& line : lines) fmt::print("{}\n", line);
    std::fflush(stdout);
    drawn_ = lines.size();
  }

 private:
  std::size_t drawn_ = 0;  // lines
};

std::string heading(const Game& game, std::int64_t number, std::int64_t levels) {
  const std::string& title = game.level().title;
  return fmt::format("level {} of {}{}", number, levels, title.empty() ? "" : " (" + title + ")");
}

std::string status_of(const Game& game, std::int64_t number, std::int64_t levels) {
  return fmt::format("{}: {}{}, {}", heading(game, number, levels), game.solved() ? "solved in " : "",
                     counted(game.moves(), "move", "moves"), counted(game.pushes(), "push", "pushes"));
}

// The games that were begun, by the number of their level.
using Games = std::map<std::int64_t, Game>;

// True if it ended by Ctrl-C. Throws BadInput if there was no key at all.
bool play(const LevelSet& levels, std::int64_t number, Games& games) {
  Keyboard keyboard;
  Screen screen;
  for (bool first = true;; first = false) {
    Game& game = games.try_emplace(number, levels.level(number - 1)).first->second;
    screen.draw(game, status_of(game, number, levels.size()));
    const Key key = keyboard.next();
    switch (key) {
      case Key::up:
      case Key::down:
      case Key::left:
      case Key::right:
        // Solved is the end; undo leads back before it.
        if (!game.solved()) game.move(static_cast<Action>(static_cast<int>(key) - static_cast<int>(Key::up)));
        break;
      case Key::undo: game.undo(); break;
      case Key::restart: game.restart(); break;
      case Key::next: number = std::min(number + 1, levels.size()); break;
      case Key::previous: number = std::max<std::int64_t>(number - 1, 1); break;
      case Key::quit: return false;
      case Key::end:
        if (first) throw BadInput("play: standard input is empty; it takes keys, from a terminal or as text");
        return false;
      case Key::interrupt: return true;
      case Key::other: break;
    }
  }
}
static_assert(static_cast<int>(Key::down) - static_cast<int>(Key::up) == static_cast<int>(Action::down));
static_assert(static_cast<int>(Key::left) - static_cast<int>(Key::up) == static_cast<int>(Action::left));
static_assert(static_cast<int>(Key::right) - static_cast<int>(Key::up) == static_cast<int>(Action::right));

std::string lurd_of(const Games& games) {
  std::string text;
  for (const auto& [number, game] : games) {
    if (game.moves() > 0) text += lurd_entry({.level = number, .moves = game.lurd()}, game.level().title);
  }
  return text;
}

}  // namespace

int play_command(int argc, char** argv) {
  Arguments arguments(
      "play",
      "Play levels by hand: arrow keys (or h j k l, or w a s d) move, u takes a move back, r begins again, n and p\n"
      "change the level, q quits. The moves are kept in LURD notation, a capital where a box is pushed; see\n"
      "boxwarp replay.",
      "--levels PATH [--level N] [--out FILE]",
      "  boxwarp play --levels my_levels.txt\n"
      "  boxwarp play --levels generated:size=8x8,boxes=2 --level 5 --out played.lurd\n");
  arguments.add()("levels", "file or folder of levels, or generated:KEY=VALUE,...; may be given several times",
                  cxxopts::value<std::string>(),
                  "PATH")("level", "which to begin with; levels count from 1", by_default("1"), "N")(
      "out", "write the moves to this file, which must not exist; else they are printed", by_default(""), "FILE")(
      "lenient", "leave bad levels out instead of stopping at the first");
  if (!arguments.parse(argc, argv)) return 0;
  arguments.required("levels");
  const std::string out = arguments.text("out");
  check_output("out", out);
  const LevelSet levels = load_levels(arguments.texts("levels"), {.lenient = arguments.flag("lenient")});

  Games games;
  const bool interrupted = play(levels, arguments.integer("level", 1, levels.size()), games);
  for (const auto& [number, game] : games) {
    if (game.moves() > 0) fmt::print("{}\n", status_of(game, number, levels.size()));
  }
  const std::string lurd = lurd_of(games);
  if (out.empty() || lurd.empty()) {
    fmt::print("{}", lurd);
  } else {
    write_new_file(out, lurd);
    fmt::print("{}\n", out);
  }
  return interrupted ? kInterrupted : 0;
}

}  // namespace boxwarp
