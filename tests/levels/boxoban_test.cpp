// The published level sets, where a copy lies beside the project.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "levels/level_set.hpp"
#include "levels/pack.hpp"
#include "levels/parse/file.hpp"
#include "levels/set_figures.hpp"
#include "levels/statistics.hpp"
#include "tests/tools/run_command.hpp"

namespace boxwarp {
namespace {

const char* const kArchive = BOXWARP_SOURCE_DIR "/../shared/data/boxoban-levels.tar.xz";

// Takes folders out of the archive; false if there is none.
bool extract(const test::Folder& folder, const std::string& members) {
  if (!std::filesystem::exists(kArchive)) return false;
  const std::string command = "tar -C '" + folder / "" + "' -xJf '" + kArchive + "' " + members;
  if (std::system(command.c_str()) != 0) throw std::runtime_error("cannot run " + command);
  return true;
}

void expect_the_published_figures(const test::Folder& folder) {
  const LevelSet tests = load_levels({folder / "unfiltered/test"}), hard = load_levels({folder / "hard"});

  const SetStatistics of_tests = statistics_of(tests), of_hard = statistics_of(hard);
  for (const SetStatistics& statistics : {of_tests, of_hard}) {
    EXPECT_EQ(statistics.sizes, (std::map<std::pair<int, int>, std::int64_t>{{{10, 10}, statistics.levels}}));
    EXPECT_EQ(statistics.boxes, (std::map<int, std::int64_t>{{4, statistics.levels}}));
  }
  EXPECT_EQ(of_tests.levels, 1000);
  EXPECT_NEAR(of_tests.floor_mean, 31.97, 0.005);
  EXPECT_NEAR(of_tests.floor_sd, 6.32, 0.005);
  EXPECT_EQ(of_hard.levels, 3332);
  EXPECT_NEAR(of_hard.floor_mean, 30.32, 0.005);
  EXPECT_NEAR(of_hard.floor_sd, 6.62, 0.005);
  EXPECT_TRUE(tests.fits_small());
  EXPECT_EQ(hard.files().size(), 4u);
  EXPECT_EQ(hard.origin(3331).file, 3);
}

void expect_that_packing_and_writing_agree_with_the_file(const test::Folder& folder) {
  const std::string path = folder / "unfiltered/test/000.txt";
  const LevelSet set = load_levels({path}), again = unpacked(packed(set));
  // The file's own form: "; number", rows, a blank line between levels.
  std::string text;
  for (std::int64_t id = 0; id < again.size(); ++id) text += text_entry(again.level(id), id);
  const auto trimmed = [](std::string bytes) { return bytes.substr(0, bytes.find_last_not_of('\n') + 1); };
  EXPECT_EQ(trimmed(text), trimmed(test::content(path)));
  EXPECT_LT(packed(set).size(), 25u * 1000u + 300u);

  const ParsedFile file = parse_file(path);
  EXPECT_TRUE(file.errors.empty());
  for (const ParsedLevel& level : file.levels) {
    EXPECT_EQ(level.line, 1 + 12 * (level.ordinal - 1) + 1);
    for (const LevelWarning warning : level.warnings) EXPECT_EQ(warning, LevelWarning::box_cannot_move);
  }
}

void expect_the_published_solutions(const test::Folder& folder) {
  const LevelSet hard = load_levels({folder / "hard"});
  SetFigures figures;
  Solver solver;
  for (std::int64_t id = 0; id < hard.size(); ++id) figures.add(solver.solve(hard.level(id)));
  EXPECT_EQ(figures.outcomes(SolveOutcome::solved), 3332);
  const Spread pushes = spread_of(figures.pushes());
  EXPECT_NEAR(pushes.mean, 17.83, 0.005);
  EXPECT_NEAR(pushes.sd, 5.74, 0.005);
  EXPECT_EQ(pushes.median, 17);
  EXPECT_EQ(pushes.max, 52);

  const LevelSet tests = load_levels({folder / "unfiltered/test"});
  Histogram moves;
  for (std::int64_t id = 0; id < tests.size(); ++id) {
    ++moves[static_cast<int>(solver.solve(tests.level(id), Optimal::moves).moves.size())];
  }
  EXPECT_NEAR(spread_of(moves).mean, 32.0, 0.05);
  EXPECT_EQ(spread_of(moves).median, 30);
  EXPECT_EQ(spread_of(moves).max, 84);
}

// One test, for taking the archive apart takes long.
TEST(Boxoban, LevelsAreReadPackedAndWrittenAsTheyWerePublished) {
  const test::Folder folder;
  if (!extract(folder, "unfiltered/test hard")) GTEST_SKIP() << "no copy of Boxoban at " << kArchive;
  expect_the_published_figures(folder);
  expect_that_packing_and_writing_agree_with_the_file(folder);
  expect_the_published_solutions(folder);
}

}  // namespace
}  // namespace boxwarp
