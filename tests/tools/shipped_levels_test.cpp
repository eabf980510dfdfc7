// The shipped sets are what the commands beside them make, and what the quick start says of them is true.
#include <algorithm>
#include <filesystem>
#include <set>

#include "levels/layout.hpp"
#include "levels/level_set.hpp"
#include "levels/pack.hpp"
#include "levels/solve/explore.hpp"
#include "levels/splits.hpp"
#include "tests/tools/run_command.hpp"

namespace boxwarp::test {
namespace {

namespace fs = std::filesystem;

const fs::path kData = fs::path(BOXWARP_SOURCE_DIR) / "levels/data";

using Words = std::vector<std::string>;

// The commands of levels/data/README.md, those for sets like Boxoban's or the others.
std::vector<Words> commands_of_readme(bool like) {
  std::vector<Words> commands;
  for (const std::string& line : lines_of(content(kData / "README.md"))) {
    std::istringstream stream(line);
    Words words;
    for (std::string word; stream >> word;) words.push_back(word);
    const bool is_command = !words.empty() && words[0] == "build/release/boxwarp";
    if (is_command && like == (line.find("like") != std::string::npos))
      commands.emplace_back(words.begin() + 1, words.end());
  }
  return commands;
}

TEST(ShippedLevels, TheCommandsBesideThemRemakeThemByteForByte) {
  const Folder folder;
  fs::create_directories(folder / "levels/data");
  fs::current_path(folder / ".");
  int commands = 0;
  for (const Words& words : commands_of_readme(false)) {
    const Output output = boxwarp(words);
    ASSERT_EQ(output.status, 0) << output.err;
    ++commands;
  }
  EXPECT_GE(commands, 2);
  for (const char* name : {"quick_train.boxwarp", "quick_test.txt"})
    EXPECT_TRUE(content(folder / ("levels/data/" + std::string(name))) == content(kData / name)) << name;
}

// The first levels of a set with their labels, as a file.
std::string packed_start(const LevelSet& set, std::int64_t count) {
  LevelSet start;
  for (const std::string& file : set.files()) start.add_file(file);
  for (std::int64_t id = 0; id < count; ++id) {
    start.add(set.level(id), set.origin(id));
    start.set_label(id, set.labels().at(id));
  }
  return packed(start);
}

TEST(ShippedLevels, TheCommandsOfTheSetsLikeBoxobansRemakeTheirStart) {
  constexpr std::int64_t kPart = 15;
  std::uintmax_t bytes = 0;
  const std::vector<Words> commands = commands_of_readme(true);
  ASSERT_EQ(commands.size(), 8u);
  for (std::size_t i = 0; i < commands.size(); i += 2) {
    const Folder folder;
    fs::create_directories(folder / "levels/data");
    fs::current_path(folder / ".");
    Words generate = commands[i];
    *(std::ranges::find(generate, "--count") + 1) = std::to_string(kPart);
    ASSERT_EQ(boxwarp(generate).status, 0);
    ASSERT_EQ(boxwarp(commands[i + 1]).status, 0);
    const std::string made = commands[i + 1].back(), name = fs::path(made).filename();
    const LevelSet shipped = load_levels({(kData / name).string()});
    EXPECT_EQ(shipped.size(), name == "boxoban-like-train.boxwarp" ? 12'000 : 1000);
    EXPECT_TRUE(content(folder / made) == packed_start(shipped, kPart)) << name;
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(kData)) bytes += entry.file_size();
  EXPECT_LT(bytes, 2'000'000u) << "of all that is shipped";
}

TEST(ShippedLevels, SetsAreFoundByNameAndShareNoLevel) {
  const Folder folder;
  fs::current_path(folder / ".");
  const LevelSet train = load_levels({"boxoban-like-train"});
  for (const char* name : {"boxoban-like-test", "medium-like-test", "hard-like-test"}) {
    const LevelSet test = load_levels({name});
    EXPECT_EQ(test.size(), 1000);
    EXPECT_TRUE(overlap(train, test, Sameness::symmetric).empty()) << name;
    EXPECT_EQ(without_repeats(test, Sameness::symmetric).size(), 1000u) << name;
  }
  const Output output = boxwarp({"levels", "info", "no-such-set"});
  EXPECT_EQ(output.status, 2);
  EXPECT_NE(output.err.find("boxoban-like-test, boxoban-like-train, hard-like-test"), std::string::npos) << output.err;
  fs::create_directory(folder / "mine");
  fs::copy_file(kData / "quick_test.txt", folder / "mine/own.txt");
  EXPECT_EQ(boxwarp({"levels", "check", "own"}, {"BOXWARP_LEVELS=" + (folder / "mine")}).status, 0);
  const Output none = boxwarp({"levels", "info", "own"}, {"BOXWARP_LEVELS=" + (folder / "nowhere")});
  EXPECT_NE(none.err.find("the sets in " + (folder / "nowhere") + " (or where BOXWARP_LEVELS says) are none\n"),
            std::string::npos)
      << none.err;
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
