// The shipped sets are what the commands beside them make, and what the quick start says of them is true.
#include <filesystem>
#include <set>

#include "levels/layout.hpp"
#include "levels/level_set.hpp"
#include "levels/solve/explore.hpp"
#include "tests/tools/run_command.hpp"

namespace boxwarp::test {
namespace {

namespace fs = std::filesystem;

const fs::path kData = fs::path(BOXWARP_SOURCE_DIR) / "levels/data";

TEST(ShippedLevels, TheCommandsBesideThemRemakeThemByteForByte) {
  const Folder folder;
  fs::create_directories(folder / "levels/data");
  fs::current_path(folder / ".");
  int commands = 0;
  for (const std::string& line : lines_of(content(kData / "README.md"))) {
    std::istringstream stream(line);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) words.push_back(word);
    if (words.empty() || words[0] != "build/release/boxwarp") continue;
    words.erase(words.begin());
    const Output output = boxwarp(words);
    ASSERT_EQ(output.status, 0) << line << output.err;
    ++commands;
  }
  EXPECT_GE(commands, 2);
  for (const char* name : {"quick_train.boxwarp", "quick_test.txt"})
    EXPECT_TRUE(content(folder / ("levels/data/" + std::string(name))) == content(kData / name)) << name;
}

TEST(ShippedLevels, TheTestSetIsUnseenNeedsCornersAndIsNotSolvedByLuck) {
  const LevelSet train = load_levels({(kData / "quick_train.boxwarp").string()});
  const LevelSet test = load_levels({(kData / "quick_test.txt").string()});
  ASSERT_EQ(test.size(), 1000);
  std::set<std::vector<Row>> layouts;
  for (std::int64_t id = 0; id < train.size(); ++id) layouts.insert(layout_of(train.level(id)));
  constexpr int kRandomSteps = 120;
  for (std::int64_t id = 0; id < test.size(); ++id) {
    const LevelRows level = test.level(id);
    EXPECT_FALSE(layouts.contains(layout_of(level))) << id;
    const auto facts = explore(level, kRandomSteps);
    ASSERT_TRUE(facts.has_value());
    EXPECT_GE(facts->fewest_corners, 1) << id;
    EXPECT_LE(facts->random_solution, 0.1) << id;
  }
}

}  // namespace
}  // namespace boxwarp::test
