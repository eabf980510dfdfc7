// A few levels as sets and banks, without going through a file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/engine/level_bank.hpp"

namespace boxwarp::test {

inline LevelRows level_from(const std::vector<std::string>& text) {
  LevelRows level;
  level.height = static_cast<int>(text.size());
  level.width = static_cast<int>(text[0].size());
  for (int r = 0; r < level.height; ++r) {
    Row walls = 0, targets = 0, boxes = 0;
    for (int c = 0; c < kLargestSize; ++c) {
      const char cell = c < level.width ? text[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)] : '#';
      const Row bit = Row{1} << c;
      if (cell == '#') walls |= bit;
      if (cell == '.' || cell == '*' || cell == '+') targets |= bit;
      if (cell == '$' || cell == '*') boxes |= bit;
      if (cell == '@' || cell == '+') level.player = {r, c};
    }
    level.walls.push_back(walls);
    level.targets.push_back(targets);
    level.boxes.push_back(boxes);
  }
  return level;
}

inline std::shared_ptr<const LevelBank> bank_from(const std::vector<std::vector<std::string>>& texts, bool large = false) {
  LevelSet set;
  const std::int32_t file = set.add_file("levels of a test");
  for (std::size_t i = 0; i < texts.size(); ++i) set.add(level_from(texts[i]), {file, static_cast<std::int64_t>(i)});
  return std::make_shared<const LevelBank>(std::move(set), large);
}

// Four levels of 5x6 that a push or two solve.
inline std::shared_ptr<const LevelBank> easy_levels() {
  return bank_from({{"######", "#@   #", "# $ .#", "#    #", "######"},
                    {"######", "#    #", "#@$ .#", "#    #", "######"},
                    {"######", "# .  #", "# $  #", "# @  #", "######"},
                    {"######", "#    #", "#. $@#", "#    #", "######"}});
}

}  // namespace boxwarp::test
