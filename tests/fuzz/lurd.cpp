// Files of moves.
#include "levels/parse/lurd.hpp"

#include "levels/error.hpp"
#include "levels/game.hpp"
#include "tests/fuzz/levels.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace boxwarp;
  static const LevelRows level = parse_text("path", "########\n#@  $ .#\n# $$ * #\n#   .. #\n########\n").levels.at(0).level;
  try {
    for (const Lurd& lurd : parse_lurd("path", test::text_of(data, size))) {
      DEMAND(!lurd.moves.empty());
      Game game(level);
      for (const char letter : lurd.moves) game.move(lurd_action(letter));
      game.restart();
      DEMAND(to_text(game.level()) == to_text(level));
      if (lurd.level == 0) continue;
      const auto again = parse_lurd("path", lurd_entry(lurd, ""));
      DEMAND(again.size() == 1 && again[0].level == lurd.level && again[0].moves == lurd.moves);
    }
  } catch (const BadInput&) {
  }
  return 0;
}
