// Sets in memory, and loading them from files, folders, packs and the generator.
#include "levels/level_set.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "levels/error.hpp"
#include "levels/pack.hpp"
#include "tests/levels/parsed.hpp"
#include "tests/tools/run_command.hpp"

namespace boxwarp {
namespace {

using test::Folder;
using test::Lines;
using test::only_level;
using test::write_text;

const char* const kGood = "#####\n#@$.#\n#####\n";
const char* const kTwo = "; 0\n#####\n#@$.#\n#####\n\n; 1\n######\n#@$ .#\n######\n";
const char* const kBadThenGood = "#####\n# $.#\n#####\n\n######\n#@$ .#\n######\n";

std::string message_of(const std::vector<std::string>& paths, LoadOptions options = {}) {
  try {
    load_levels(paths, options);
  } catch (const BadInput& error) {
    return error.what();
  }
  return "";
}

TEST(LevelSet, KeepsLevelsOfBothTiersAsTheyAre) {
  LevelSet set;
  const std::int32_t file = set.add_file("a");
  const std::vector<Lines> texts{{"#####", "#@$.#", "#####"},
                                 {"##########", "#.     @ #", "# $      #", "##########"},
                                 {"###########", "#.     @  #", "# $       #", "###########"},
                                 {"####", "# @#", "#  #", "# $#", "# .#", "#  #", "####"}};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    set.add(only_level(texts[i]).level, {file, static_cast<std::int64_t>(2 * i)});
    EXPECT_EQ(set.fits_small(), i < 2);
  }
  EXPECT_EQ(set.height(), 7);
  EXPECT_EQ(set.width(), 11);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto id = static_cast<std::int64_t>(i);
    const LevelRows expected = only_level(texts[i]).level, actual = set.level(id);
    EXPECT_EQ(to_text(actual), to_text(expected));
    EXPECT_EQ(actual.walls, expected.walls);
    EXPECT_EQ(actual.targets, expected.targets);
    EXPECT_EQ(actual.boxes, expected.boxes);
    EXPECT_EQ(set.origin(id).ordinal, 2 * id);
  }
  EXPECT_THROW(set.level(4), std::out_of_range);
  EXPECT_THROW(set.level(-1), std::out_of_range);
  EXPECT_THROW(set.origin(4), std::out_of_range);
}

TEST(LevelSet, ASetIsAppendedWithItsOriginsTitlesAndLabels) {
  LevelRows level = only_level({"#####", "#@$.#", "#####"}).level;
  LevelSet first, second, both;
  for (LevelSet* set : {&first, &second}) {
    const std::int32_t file = set->add_file(set == &first ? "a" : "b"), same = both.add_file(set == &first ? "a" : "b");
    for (std::int64_t ordinal = 0; ordinal < 3; ++ordinal) {
      level.title = ordinal == 1 ? "named" : "";
      const LevelLabel label{.pushes = 1, .moves = 1, .solution = {3}};
      set->add(level, {file, 2 * ordinal});
      set->set_label(ordinal, label);
      both.add(level, {same, 2 * ordinal});
      both.set_label(both.size() - 1, label);
    }
    level = only_level({"###########", "#.     @  #", "# $       #", "###########"}).level;
  }
  LevelSet appended;
  appended.append(first);
  appended.append(second);
  EXPECT_EQ(appended.fits_small(), both.fits_small());
  EXPECT_EQ(appended.height(), both.height());
  EXPECT_EQ(appended.width(), both.width());
  for (std::int64_t id = 0; id < both.size(); ++id) {
    EXPECT_EQ(to_text(appended.level(id)), to_text(both.level(id)));
    EXPECT_EQ(appended.level(id).title, both.level(id).title);
    EXPECT_EQ(appended.origin(id).file, both.origin(id).file);
    EXPECT_EQ(appended.origin(id).ordinal, both.origin(id).ordinal);
  }
  EXPECT_EQ(appended.labels().size(), 6u);
  EXPECT_EQ(appended.titles(), both.titles());
}

TEST(LevelSet, ARimWithAHoleKeepsALevelOutOfTheSmallTier) {
  LevelRows level = only_level({"#####", "#@$.#", "#####"}).level;
  level.walls[1] &= ~Row{1};
  LevelSet set;
  set.add(level, {set.add_file("a"), 0});
  EXPECT_FALSE(set.fits_small());
  EXPECT_EQ(set.level(0).walls, level.walls);
}

TEST(LevelSet, WhatIsNoLevelIsRefused) {
  const LevelRows good = only_level({"#####", "#@$.#", "#####"}).level;
  LevelSet set;
  EXPECT_THROW(set.add(good, {0, 0}), std::invalid_argument);
  set.add_file("a");
  LevelRows bad = good;
  bad.boxes.pop_back();
  EXPECT_THROW(set.add(bad, {0, 0}), std::invalid_argument);
  bad = good;
  bad.player = {1, 5};
  EXPECT_THROW(set.add(bad, {0, 0}), std::invalid_argument);
  bad = good;
  bad.width = 65;
  EXPECT_THROW(set.add(bad, {0, 0}), std::invalid_argument);
  EXPECT_EQ(set.size(), 0);
}

TEST(LoadLevels, FoldersGiveTheirFilesInTheOrderOfTheBytesOfTheirNames) {
  const Folder folder;
  write_text(folder / "9.txt", kTwo);
  write_text(folder / "10.txt", kGood);
  write_text(folder / ".hidden", "no level");
  std::filesystem::create_directory(folder / "sub");
  write_text(folder / "sub/1.txt", kGood);
  const std::string path = folder / "";
  const LevelSet set = load_levels({path});
  ASSERT_EQ(set.files().size(), 3u);
  EXPECT_TRUE(set.files()[0].ends_with("10.txt"));
  EXPECT_TRUE(set.files()[1].ends_with("9.txt"));
  EXPECT_TRUE(set.files()[2].ends_with("sub/1.txt"));
  ASSERT_EQ(set.size(), 4);
  EXPECT_EQ(set.origin(2).file, 1);
  EXPECT_EQ(set.origin(2).ordinal, 1);
}

// As threads may: nothing says in which order files are read.
void backwards(std::int64_t count, const std::function<void(std::int64_t)>& task) {
  while (count > 0) task(--count);
}

TEST(LoadLevels, TheOrderInWhichFilesAreReadShowsNowhere) {
  const Folder folder;
  for (int i = 0; i < 70; ++i) write_text(folder / fmt::format("{:02}.txt", i), i % 3 == 0 ? kTwo : kGood);
  write_text(folder / "20.txt", kBadThenGood);
  std::vector<std::string> warnings, expected_warnings;
  const LevelSet set = load_levels({folder / ""}, {.lenient = true, .run = backwards}, &warnings);
  const LevelSet expected = load_levels({folder / ""}, {.lenient = true}, &expected_warnings);
  EXPECT_EQ(packed(set), packed(expected));
  EXPECT_EQ(set.size(), 70 + 24);
  EXPECT_EQ(warnings, expected_warnings);
  ASSERT_EQ(warnings.size(), 1u);
  // The first mistake is told, whatever is found before.
  write_text(folder / "40.txt", kBadThenGood);
  EXPECT_TRUE(message_of({folder / ""}, {.run = backwards}).starts_with(folder / "20.txt"));
}

TEST(LoadLevels, PatternsGiveTheFilesThatTheyMatch) {
  const Folder folder;
  for (const char* name : {"b2.txt", "b10.txt", "c.sok", ".hidden.txt", "odd[1].txt"}) write_text(folder / name, kGood);
  std::filesystem::create_directory(folder / "b.txt");
  write_text(folder / "b.txt/inner", kTwo);
  const auto files = [](const std::string& path) {
    std::vector<std::string> names;
    const LevelSet set = load_levels({path});
    for (const std::string& file : set.files()) names.push_back(std::filesystem::path(file).filename());
    return names;
  };
  EXPECT_EQ(files(folder / "b*.txt"), (Lines{"inner", "b10.txt", "b2.txt"})) << "folders among them, by the bytes of names";
  EXPECT_EQ(files(folder / "?.sok"), (Lines{"c.sok"}));
  EXPECT_EQ(files(folder / "[a-c].s*"), (Lines{"c.sok"}));
  EXPECT_EQ(files(folder / "odd[1].txt"), (Lines{"odd[1].txt"})) << "a file of this very name";
  EXPECT_NE(message_of({folder / "d*.txt"}).find("d*.txt: nothing has a name of this pattern"), std::string::npos);
}

TEST(LoadLevels, EveryFormatIsTakenInOneFolder) {
  const Folder folder;
  write_text(folder / "a.rle", "5#|#@$.#|5#\n");
  write_text(folder / "b.slc",
             "<SokobanLevels><LevelCollection><Level><L>#####</L><L>#@$.#</L><L>#####</L></Level></LevelCollection>"
             "</SokobanLevels>");
  write_text(folder / "c.sok", "#####\n#pb.#\n#####\n");
  write_text(folder / "d.txt", kGood);
  write_text(folder / "e.boxwarp", packed(load_levels({folder / "d.txt"})));
  const LevelSet set = load_levels({folder / ""});
  ASSERT_EQ(set.size(), 5);
  for (std::int64_t id = 0; id < 5; ++id) EXPECT_EQ(to_text(set.level(id)), (Lines{"#####", "#@$.#", "#####"}));
}

TEST(LoadLevels, StrictFailsOnTheFirstBadLevelAndSaysWhere) {
  const Folder folder;
  const std::string path = folder / "a.txt";
  write_text(path, kBadThenGood);
  EXPECT_TRUE(message_of({path}).starts_with(path + ":1:1: level 1: no player"));
}

TEST(LoadLevels, LenientLeavesBadLevelsOutAndTheOthersKeepTheirNumbers) {
  const Folder folder;
  write_text(folder / "a.txt", kBadThenGood);
  write_text(folder / "b.txt", "nothing here\n");
  std::vector<std::string> warnings;
  const LevelSet set = load_levels({folder / "a.txt", folder / "b.txt"}, {.lenient = true}, &warnings);
  ASSERT_EQ(set.size(), 1);
  EXPECT_EQ(set.origin(0).ordinal, 1);
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_TRUE(warnings[0].starts_with(folder / "a.txt:1:1: level 1"));
  EXPECT_TRUE(warnings[1].starts_with(folder / "b.txt: no level"));
}

TEST(LoadLevels, NoLevelAtAllIsBadInputEvenIfLenient) {
  const Folder folder;
  write_text(folder / "b.txt", "nothing here\n");
  EXPECT_NE(message_of({folder / "b.txt"}), "");
  EXPECT_NE(message_of({folder / "b.txt"}, {.lenient = true}), "");
  EXPECT_NE(message_of({folder / "missing.txt"}, {.lenient = true}).find("missing.txt: cannot read"), std::string::npos);
  std::filesystem::create_directory(folder / "empty");
  EXPECT_NE(message_of({folder / "empty"}, {.lenient = true}).find("holds no file"), std::string::npos);
  EXPECT_NE(message_of({}), "");
}

TEST(LoadLevels, APackGivesTheSameSetAsWhatWasPackedWhereverItStands) {
  const Folder folder;
  write_text(folder / "a.txt", kBadThenGood);
  write_text(folder / "b.txt", kTwo);
  const LevelSet set = load_levels({folder / "a.txt", folder / "b.txt"}, {.lenient = true});
  write_text(folder / "named_oddly.txt", packed(set));
  const LevelSet alone = load_levels({folder / "named_oddly.txt"});
  const LevelSet second = load_levels({folder / "b.txt", folder / "named_oddly.txt"});
  ASSERT_EQ(alone.size(), 3);
  ASSERT_EQ(second.size(), 5);
  for (std::int64_t id = 0; id < 3; ++id) {
    EXPECT_EQ(alone.files()[static_cast<std::size_t>(alone.origin(id).file)],
              set.files()[static_cast<std::size_t>(set.origin(id).file)]);
    EXPECT_EQ(second.files()[static_cast<std::size_t>(second.origin(id + 2).file)],
              set.files()[static_cast<std::size_t>(set.origin(id).file)]);
    EXPECT_EQ(alone.origin(id).ordinal, set.origin(id).ordinal);
    EXPECT_EQ(to_text(second.level(id + 2)), to_text(set.level(id)));
  }
}

TEST(LoadLevels, ADamagedPackIsBadInputWithItsPath) {
  const Folder folder;
  std::string bytes = packed(load_levels({"generated:count=3"}));
  bytes[40] ^= 1;
  write_text(folder / "a.boxwarp", bytes);
  EXPECT_TRUE(message_of({folder / "a.boxwarp"}, {.lenient = true}).starts_with((folder / "a.boxwarp") + ": damaged"));
}

TEST(LoadLevels, GeneratedLevelsAreNamedBesideFiles) {
  const Folder folder;
  write_text(folder / "a.txt", kGood);
  const LevelSet set = load_levels({folder / "a.txt", "generated:size=6x8,boxes=2,count=5,seed=3,first=10"});
  ASSERT_EQ(set.size(), 6);
  EXPECT_EQ(set.level(1).height, 6);
  EXPECT_EQ(set.level(1).width, 8);
  EXPECT_EQ(set.level(1).box_count(), 2);
  EXPECT_EQ(set.origin(5).ordinal, 14);
}

}  // namespace
}  // namespace boxwarp
