// boxwarp levels, as a person or a script runs it.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "levels/layout.hpp"
#include "levels/level_set.hpp"
#include "levels/solve/explore.hpp"
#include "levels/statistics.hpp"
#include "tests/tools/run_command.hpp"

namespace boxwarp {
namespace {

using nlohmann::json;
using test::boxwarp;
using test::Folder;
using test::Output;
using test::write_text;

const char* const kMixed =
    "; 1\n'First'\n #####\n #@$.#\n #####\n\n"
    "#####\n#@x.#\n#####\n---\n"
    "######\n#@$..#\n######\n; 12\n#####\n#@ .#\n#####\n";

TEST(LevelsCommand, CheckGivesEveryLevelAndErrorAsJson) {
  const Folder folder;
  const std::string path = folder / "mixed.txt", empty = folder / "empty.txt", missing = folder / "missing.txt";
  write_text(path, kMixed);
  write_text(empty, "prose\n");
  const Output output = boxwarp({"levels", "check", path, empty, missing, "--json"});
  EXPECT_EQ(output.status, 2);
  json files = json::parse(output.out).at("files");
  ASSERT_EQ(files.size(), 3u);
  for (json& file : files) {
    for (json& error : file["errors"]) {
      EXPECT_TRUE(error.at("message").is_string() && error["message"] != "");
      error.erase("message");
    }
  }
  EXPECT_EQ(files[0], json::parse(R"({"path": ")" + path + R"(",
    "levels": [
      {"ordinal": 1, "line": 3, "title": "First", "height": 3, "width": 5, "boxes": 1, "targets": 1,
       "rows": ["#####", "#@$.#", "#####"], "warnings": []},
      {"ordinal": 3, "line": 11, "title": "", "height": 3, "width": 6, "boxes": 1, "targets": 2,
       "rows": ["######", "#@$..#", "######"], "warnings": ["more_targets"]}],
    "errors": [
      {"kind": "bad_character", "ordinal": 2, "line": 8, "column": 3, "byte": 120},
      {"kind": "no_box", "ordinal": 4, "line": 15, "column": 1, "byte": null}]})"));
  EXPECT_EQ(files[1], json::parse(R"({"path": ")" + empty + R"(", "levels": [],
    "errors": [{"kind": "no_level", "ordinal": 0, "line": 0, "column": 0, "byte": null}]})"));
  EXPECT_EQ(files[2], json::parse(R"({"path": ")" + missing + R"(", "levels": [],
    "errors": [{"kind": "unreadable_file", "ordinal": 0, "line": 0, "column": 0, "byte": null}]})"));
}

TEST(LevelsCommand, CheckEndsWithTwoIfAnythingIsRejectedOrLenientlyIfNothingIsAccepted) {
  const Folder folder;
  write_text(folder / "good.txt", "#####\n#@$.#\n#####\n");
  write_text(folder / "mixed.txt", kMixed);
  write_text(folder / "bad.txt", "#####\n#@ .#\n#####\n");
  EXPECT_EQ(boxwarp({"levels", "check", folder / "good.txt"}).status, 0);
  EXPECT_EQ(boxwarp({"levels", "check", folder / "good.txt", folder / "mixed.txt"}).status, 2);
  EXPECT_EQ(boxwarp({"levels", "check", "--lenient", folder / "good.txt", folder / "mixed.txt"}).status, 0);
  EXPECT_EQ(boxwarp({"levels", "check", "--lenient", folder / "good.txt", folder / "bad.txt"}).status, 2);
  EXPECT_EQ(boxwarp({"levels", "check", "--lenient", folder / "missing.txt"}).status, 2);
  const Output whole = boxwarp({"levels", "check", folder / "", "--json"});
  EXPECT_EQ(whole.status, 2);
  EXPECT_EQ(json::parse(whole.out).at("files").size(), 3u);
}

TEST(LevelsCommand, CheckTakesEveryFormatAndPatterns) {
  const Folder folder;
  write_text(folder / "a.sok", "Title: A\n#####\n#pb.#\n#####\n\nComment:\nno end\n");
  write_text(folder / "b.rle", "5#|#@$.#|0#\n");
  write_text(folder / "c.slc", "<SokobanLevels><LevelCollection></SokobanLevels>");
  const Output output = boxwarp({"levels", "check", folder / "[abc].*", folder / "d*", "--json"});
  EXPECT_EQ(output.status, 2);
  const json files = json::parse(output.out).at("files");
  ASSERT_EQ(files.size(), 4u);
  EXPECT_EQ(files[0]["levels"][0]["rows"], json::parse(R"(["#####", "#@$.#", "#####"])"));
  const char* kinds[] = {"unterminated_comment", "bad_run_length", "bad_xml", "unreadable_file"};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(files[i]["errors"][0]["kind"], kinds[i]);
}

TEST(LevelsCommand, HostileFilesGetATypedError) {
  const Folder folder;
  const std::string megabytes(10 << 20, '#');
  write_text(folder / "a_line.txt", megabytes);
  write_text(folder / "b_prose.txt", "'" + std::string(10 << 20, 'x'));
  write_text(folder / "c_nul.txt", std::string(1000, '\0') + "\n#####\n#@" + std::string(1, '\0') + ".#\n#####\n");
  write_text(folder / "d_runs.rle", "9(9(9(9(9(9(9(9(9(9(#))))))))))\n");
  write_text(folder / "e_deep.slc", [] {
    std::string text;
    for (int i = 0; i < 500'000; ++i) text += "<a>";
    return text;
  }());
  write_text(folder / "f_nul.slc", std::string("<SokobanLevels>\0</SokobanLevels>", 33));
  write_text(folder / "g_many.txt", [] {
    std::string text;
    for (int i = 0; i < 50'000; ++i) text += "1#|99999#\n\n";
    return text;
  }());
  const Output output = boxwarp({"levels", "check", folder / "", "--json"});
  EXPECT_EQ(output.status, 2);
  const json files = json::parse(output.out).at("files");
  ASSERT_EQ(files.size(), 7u);
  const char* kinds[] = {"too_large", "no_level", "bad_character", "too_large", "bad_xml", "bad_xml", "too_large"};
  for (std::size_t i = 0; i < 7; ++i) {
    EXPECT_EQ(files[i]["levels"].size(), 0u);
    EXPECT_EQ(files[i]["errors"][0]["kind"], kinds[i]) << files[i]["path"];
  }
}

TEST(LevelsCommand, CheckTellsAPersonWhereAndWhat) {
  const Folder folder;
  const std::string path = folder / "mixed.txt";
  write_text(path, kMixed);
  const std::string text = boxwarp({"levels", "check", path}).out;
  EXPECT_NE(text.find(path + ":8:3: level 2: 'x' in a board"), std::string::npos);
  EXPECT_NE(
      text.find(path +
                ":11: level 3: warning: more targets than boxes; it is solved when every box is on one [more_targets]\n"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find(path + ": 2 accepted, 2 rejected"), std::string::npos);
}

TEST(LevelsCommand, CheckNamesADamagedPack) {
  const Folder folder;
  const std::string path = folder / "set.boxwarp";
  ASSERT_EQ(boxwarp({"levels", "pack", "generated:count=5", "--out", path}).status, 0);
  EXPECT_EQ(boxwarp({"levels", "check", path}).status, 0);
  write_text(path, test::content(path).substr(0, 100));
  const Output output = boxwarp({"levels", "check", path, "--json"});
  EXPECT_EQ(output.status, 2);
  EXPECT_EQ(json::parse(output.out)["files"][0]["errors"][0]["kind"], "corrupt_pack");
}

TEST(LevelsCommand, PackKeepsLevelsAndNeverOverwrites) {
  const Folder folder;
  write_text(folder / "mixed.txt", kMixed);
  EXPECT_EQ(boxwarp({"levels", "pack", folder / "mixed.txt", "--out", folder / "set.boxwarp"}).status, 2) << "strict";
  EXPECT_FALSE(std::filesystem::exists(folder / "set.boxwarp"));
  const Output packed = boxwarp({"levels", "pack", folder / "mixed.txt", "--lenient", "--out", folder / "set.boxwarp"});
  EXPECT_EQ(packed.status, 0);
  EXPECT_NE(packed.err.find("mixed.txt:8:3"), std::string::npos) << "what is left out is named";
  const std::string before = test::content(folder / "set.boxwarp");
  const Output again = boxwarp({"levels", "pack", folder / "mixed.txt", "--lenient", "--out", folder / "set.boxwarp"});
  EXPECT_EQ(again.status, 2);
  EXPECT_NE(again.err.find("never overwritten"), std::string::npos);
  EXPECT_EQ(test::content(folder / "set.boxwarp"), before);

  const Output shown = boxwarp({"levels", "show", folder / "set.boxwarp"});
  EXPECT_EQ(shown.out, "; 1\nTitle: First\n#####\n#@$.#\n#####\n\n; 2\n######\n#@$..#\n######\n\n");
  EXPECT_EQ(boxwarp({"levels", "show", folder / "set.boxwarp", "--level", "2"}).out, "; 2\n######\n#@$..#\n######\n\n");
  const Output beyond = boxwarp({"levels", "show", folder / "set.boxwarp", "--level", "3"});
  EXPECT_EQ(beyond.status, 2);
  EXPECT_NE(beyond.err.find("--level: found '3'"), std::string::npos);
}

TEST(LevelsCommand, InfoCounts) {
  const Folder folder;
  write_text(folder / "a.txt",
             "#####\n#@$.#\n#####\n\n#####\n#@$.#\n#####\n\n#######\n#@$$..#\n#######\n\n#######\n#..$$@#\n#######\n");
  const Output output = boxwarp({"levels", "info", folder / "a.txt", "--json"});
  EXPECT_EQ(output.status, 0);
  json all = json::parse(output.out);
  EXPECT_EQ(all["shape"]["floor"], json::parse(R"({"mean": 4.0, "standard_deviation": 1.0})"));
  EXPECT_EQ(all["shape"]["neighbours_2"]["mean"], 0.5);
  EXPECT_EQ(all["pushes"]["histogram"], json::parse(R"({"1": 2})"));
  EXPECT_EQ(all["pushes"]["unsolvable"], 2);
  all.erase("shape");
  all.erase("pushes");
  EXPECT_EQ(all, json::parse(R"({"levels": 4, "files": 1, "height": 3, "width": 7, "small": true,
    "sizes": [{"height": 3, "width": 5, "levels": 2}, {"height": 3, "width": 7, "levels": 2}],
    "boxes": [{"boxes": 1, "levels": 2}, {"boxes": 2, "levels": 2}],
    "floor": {"mean": 4.0, "standard_deviation": 1.0}, "duplicates": 1, "layouts": 2})"));
  EXPECT_NE(boxwarp({"levels", "info", folder / "a.txt"}).out.find("3x5 (2), 3x7 (2)"), std::string::npos);
}

TEST(LevelsCommand, GenerateMakesTheSameFileAgain) {
  const Folder folder;
  const std::vector<std::string> base{"levels", "generate", "--size", "6x7", "--count", "40", "--seed", "5", "--out"};
  const auto with_out = [&](const std::string& out) {
    std::vector<std::string> all = base;
    all.push_back(out);
    return all;
  };
  ASSERT_EQ(boxwarp(with_out(folder / "a.txt")).status, 0);
  ASSERT_EQ(boxwarp(with_out(folder / "b.txt")).status, 0);
  ASSERT_EQ(boxwarp(with_out(folder / "c.boxwarp")).status, 0);
  EXPECT_EQ(test::content(folder / "a.txt"), test::content(folder / "b.txt"));
  EXPECT_EQ(boxwarp(with_out("-")).out, test::content(folder / "a.txt"));
  EXPECT_EQ(boxwarp(with_out(folder / "a.txt")).status, 2) << "never overwritten";
  const LevelSet text = load_levels({folder / "a.txt"}), pack = load_levels({folder / "c.boxwarp"}),
                 named = load_levels({"generated:size=6x7,count=40,seed=5"});
  ASSERT_EQ(text.size(), 40);
  for (std::int64_t id = 0; id < 40; ++id) {
    EXPECT_EQ(to_text(text.level(id)), to_text(pack.level(id)));
    EXPECT_EQ(to_text(text.level(id)), to_text(named.level(id)));
  }
}

TEST(LevelsCommand, ExcludedRoomsDoNotComeBackInAnySymmetry) {
  const Folder folder;
  ASSERT_EQ(boxwarp({"levels", "generate", "--size", "6x6", "--count", "60", "--seed", "1", "--distinct", "--out",
                     folder / "test.txt"})
                .status,
            0);
  ASSERT_EQ(boxwarp({"levels", "generate", "--size", "6x6", "--count", "300", "--seed", "2", "--exclude",
                     folder / "test.txt", "--out", folder / "train.boxwarp"})
                .status,
            0);
  const LevelSet tests = load_levels({folder / "test.txt"}), train = load_levels({folder / "train.boxwarp"});
  std::set<std::vector<Row>> rooms;
  for (std::int64_t id = 0; id < tests.size(); ++id) rooms.insert(layout_of(tests.level(id)));
  EXPECT_EQ(rooms.size(), 60u) << "distinct";
  ASSERT_EQ(train.size(), 300);
  EXPECT_GT(train.origin(299).ordinal, 299) << "numbers of rooms that were left out are passed over";
  for (std::int64_t id = 0; id < train.size(); ++id) EXPECT_FALSE(rooms.contains(layout_of(train.level(id)))) << id;
}

TEST(LevelsCommand, CornersAndLuckAreKept) {
  const Folder folder;
  ASSERT_EQ(boxwarp({"levels", "generate", "--size", "6x6", "--count", "50", "--corners", "2", "--luck", "0.1", "--out",
                     folder / "a.txt"})
                .status,
            0);
  const LevelSet set = load_levels({folder / "a.txt"});
  for (std::int64_t id = 0; id < set.size(); ++id) {
    const auto facts = explore(set.level(id), 120);
    ASSERT_TRUE(facts.has_value());
    EXPECT_GE(facts->fewest_corners, 2);
    EXPECT_LE(facts->random_solution, 0.1);
  }
}

TEST(LevelsCommand, RangesAreWrittenWithAColonOrADash) {
  const auto made = [](const char* option, const char* range) {
    return boxwarp({"levels", "generate", option, range, "--count", "5", "--out", "-"}).out;
  };
  for (const auto& [option, colon, dash] : {std::array{"--moves", "8:20", "8-20"}, std::array{"--pushes", "2:4", "2-4"}}) {
    EXPECT_FALSE(made(option, colon).empty());
    EXPECT_EQ(made(option, colon), made(option, dash));
  }
}

TEST(LevelsCommand, MistakesNameTheOptionAndWhatItTakes) {
  const auto error = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "levels");
    const Output output = boxwarp(arguments);
    EXPECT_EQ(output.status, 2);
    EXPECT_EQ(output.out, "");
    return output.err;
  };
  const auto has = [](const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; };
  EXPECT_TRUE(has(error({}), "the parts are check, info, compare, show, pack, generate, label, dedupe, split, overlap"));
  EXPECT_TRUE(has(error({"chekc"}), "found 'chekc'; the parts are check"));
  EXPECT_TRUE(has(error({"check"}), "PATH missing"));
  EXPECT_TRUE(has(error({"check", "--jsno", "x"}), "--json"));
  EXPECT_TRUE(has(error({"pack", "generated:count=1"}), "--out is missing"));
  EXPECT_TRUE(has(error({"generate", "--size", "7", "--boxes", "0", "--out", "-"}), "--size=7: expected HEIGHTxWIDTH"));
  EXPECT_TRUE(
      has(error({"generate", "--size", "7", "--boxes", "0", "--out", "-"}), "--boxes=0: expected a whole number from 1"));
  EXPECT_TRUE(has(error({"generate", "--luck", "2", "--out", "-"}), "--luck: found '2', expected a number from 0 to 1"));
  EXPECT_TRUE(has(error({"info", "generated:colour=red"}), "the keys are size, boxes"));
}

TEST(LevelsCommand, EveryPartHasHelpWithExamples) {
  EXPECT_EQ(boxwarp({"levels", "--help"}).status, 0);
  for (const char* part : {"check", "info", "compare", "show", "pack", "generate", "dedupe", "split", "overlap"}) {
    const Output output = boxwarp({"levels", part, "--help"});
    EXPECT_EQ(output.status, 0);
    EXPECT_NE(output.out.find(std::string("Examples:\n  boxwarp levels ") + part), std::string::npos) << part;
  }
}

}  // namespace
}  // namespace boxwarp
