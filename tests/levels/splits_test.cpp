// What counts as the same level, and parts of sets that share none.
#include "levels/splits.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "kernels/sokoban/symmetry.hpp"
#include "levels/canonical.hpp"
#include "tests/host/small_levels.hpp"
#include "tests/tools/run_command.hpp"

namespace boxwarp {
namespace {

using test::boxwarp;
using test::Folder;
using Text = std::vector<std::string>;

// The text turned, without the code under test.
Text turned(const Text& text, int symmetry) {
  const std::size_t height = text.size(), width = text[0].size();
  Text result(symmetry & 4 ? width : height, std::string(symmetry & 4 ? height : width, '#'));
  for (std::size_t row = 0; row < height; ++row) {
    for (std::size_t column = 0; column < width; ++column) {
      std::size_t r = symmetry & 4 ? column : row, c = symmetry & 4 ? row : column;
      if (symmetry & 1) r = result.size() - 1 - r;
      if (symmetry & 2) c = result[0].size() - 1 - c;
      result[r][c] = text[row][column];
    }
  }
  return result;
}

Text padded(Text text) {
  for (std::string& row : text) row = "##" + row + "#";
  text.insert(text.begin(), std::string(text[0].size(), '#'));
  return text;
}

std::string canonical(const Text& text) { return canonical_form(test::level_from(text)); }

TEST(CanonicalForm, IsTheSameForALevelTurnedReflectedAndMoved) {
  const LevelSet set = load_levels({"generated:size=7x9,boxes=2,count=50,seed=1"});
  for (std::int64_t id = 0; id < set.size(); ++id) {
    const Text text = to_text(set.level(id));
    for (int symmetry = 0; symmetry < kSymmetries; ++symmetry) {
      EXPECT_EQ(canonical(turned(text, symmetry)), canonical(text));
      EXPECT_EQ(canonical(padded(turned(text, symmetry))), canonical(text));
    }
  }
}

TEST(CanonicalForm, DiffersWhereAnythingStandsElsewhere) {
  const Text text{"######", "#@ $.#", "#    #", "######"};
  std::set<std::string> forms{canonical(text)};
  for (const Text& other : {Text{"######", "# @$.#", "#    #", "######"}, Text{"######", "#@ .$#", "#    #", "######"},
                            Text{"######", "#@ $ #", "#   .#", "######"}, Text{"######", "#@ $.#", "#   ##", "######"},
                            Text{"######", "#@ $.#", "######", "######"}, Text{"######", "#@ *.#", "#    #", "######"}}) {
    EXPECT_TRUE(forms.insert(canonical(other)).second) << canonical(other);
  }
}

// Every level in three guises and twice as it is.
LevelSet repeated(std::int64_t levels) {
  const LevelSet set = load_levels({"generated:size=8x8,boxes=2,count=" + std::to_string(levels) + ",seed=4"});
  LevelSet all;
  const std::int32_t file = all.add_file("repeated");
  std::int64_t ordinal = 0;
  for (const int symmetry : {0, 3, 0, 6}) {
    for (std::int64_t id = 0; id < set.size(); ++id) {
      all.add(test::level_from(turned(to_text(set.level(id)), symmetry)), {file, ordinal++});
    }
  }
  return all;
}

std::set<std::string> forms(const LevelSet& set, const std::vector<std::int64_t>& levels) {
  std::set<std::string> all;
  for (const std::int64_t id : levels) all.insert(canonical_form(set.level(id)));
  return all;
}

TEST(Splits, RepeatsAreLeftOutAndTheFirstStays) {
  const LevelSet set = repeated(100);
  const std::vector<std::int64_t> exact = without_repeats(set, Sameness::exact);
  const std::vector<std::int64_t> symmetric = without_repeats(set, Sameness::symmetric);
  EXPECT_EQ(symmetric.size(), forms(set, symmetric).size());
  EXPECT_LE(symmetric.size(), 100u);
  EXPECT_GT(symmetric.size(), 90u);
  EXPECT_LT(symmetric.back(), 100) << "the first of each";
  EXPECT_GT(exact.size(), 250u);
  EXPECT_LE(exact.size(), 300u);
}

TEST(Splits, PartsHaveTheSharesAskedForAndNoLevelInCommon) {
  const LevelSet set = repeated(500);
  const Split parts = split(set, 0.1, 0.2, 1);
  EXPECT_NEAR(static_cast<double>(parts.valid.size()), 200, 4);
  EXPECT_NEAR(static_cast<double>(parts.test.size()), 400, 4);
  EXPECT_EQ(parts.train.size() + parts.valid.size() + parts.test.size(), 2000u);
  const std::set<std::string> train = forms(set, parts.train), valid = forms(set, parts.valid),
                              test = forms(set, parts.test);
  for (const std::string& form : valid) EXPECT_FALSE(train.contains(form) || test.contains(form));
  for (const std::string& form : test) EXPECT_FALSE(train.contains(form));
  EXPECT_TRUE(std::is_sorted(parts.train.begin(), parts.train.end()));
  EXPECT_EQ(split(set, 0.1, 0.2, 1).test, parts.test);
  EXPECT_NE(split(set, 0.1, 0.2, 2).test, parts.test);
}

TEST(Splits, OverlapNamesTheFirstThatIsTheSame) {
  const LevelSet a = test::bank_from({{"#####", "#@$.#", "#####"}, {"######", "#@$ .#", "######"}})->levels();
  const LevelSet b =
      test::bank_from({{"######", "#. $@#", "######"}, {"#####", "#@*.#", "#####"}, {"#####", "#@$.#", "#####"}})->levels();
  const std::vector<Pair> symmetric = overlap(a, b, Sameness::symmetric), exact = overlap(a, b, Sameness::exact);
  ASSERT_EQ(symmetric.size(), 2u);
  EXPECT_EQ(symmetric[0].a, 1);
  EXPECT_EQ(symmetric[0].b, 0);
  EXPECT_EQ(symmetric[1].a, 0);
  EXPECT_EQ(symmetric[1].b, 2);
  ASSERT_EQ(exact.size(), 1u);
  EXPECT_EQ(exact[0].b, 2);
}

TEST(SplitsCommand, SplitsDedupesAndFindsOverlaps) {
  const Folder folder;
  const std::string made = "generated:size=8x8,boxes=2,count=400,seed=6";
  ASSERT_EQ(boxwarp({"levels", "dedupe", made, made, "--out", folder / "once.boxwarp"}).status, 0);
  const LevelSet once = load_levels({folder / "once.boxwarp"});
  EXPECT_LE(once.size(), 400);
  EXPECT_EQ(boxwarp({"levels", "dedupe", made, "--out", folder / "once.boxwarp"}).status, 2) << "never overwritten";
  ASSERT_EQ(
      boxwarp({"levels", "split", folder / "once.boxwarp", "--valid", "0.1", "--test", "0.1", "--out", folder / "p.txt"})
          .status,
      0);
  const LevelSet train = load_levels({folder / "p.train.txt"}), valid = load_levels({folder / "p.valid.txt"}),
                 test = load_levels({folder / "p.test.txt"});
  EXPECT_EQ(train.size() + valid.size() + test.size(), once.size());
  const test::Output none = boxwarp({"levels", "overlap", folder / "p.train.txt", folder / "p.test.txt"});
  EXPECT_NE(none.out.find("0 of "), std::string::npos) << none.out;
  const test::Output some = boxwarp({"levels", "overlap", made, folder / "p.test.txt", "--json"});
  EXPECT_NE(some.out.find("\"overlap\": " + std::to_string(test.size()) + ","), std::string::npos) << some.out;
  EXPECT_EQ(boxwarp({"levels", "split", made, "--valid", "0.5", "--test", "0.5", "--out", folder / "q.txt"}).status, 2);
  EXPECT_EQ(boxwarp({"levels", "overlap", made}).status, 2);
}

const char* const kArchive = BOXWARP_SOURCE_DIR "/../shared/data/boxoban-levels.tar.xz";

TEST(Splits, OnePublishedTestLevelIsInThePublishedValidationSet) {
  if (!std::filesystem::exists(kArchive)) GTEST_SKIP() << "no copy of Boxoban at " << kArchive;
  const Folder folder;
  const std::string command = "tar -C '" + folder / "" + "' -xJf '" + kArchive + "' unfiltered/test unfiltered/valid";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const LevelSet valid = load_levels({folder / "unfiltered/valid"}), test = load_levels({folder / "unfiltered/test"});
  EXPECT_EQ(overlap(valid, test, Sameness::exact).size(), 1u);
}

}  // namespace
}  // namespace boxwarp
