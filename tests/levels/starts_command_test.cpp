// boxwarp levels generate by the retrograde method, as a person or a script runs it.
#include <gtest/gtest.h>

#include "levels/level_set.hpp"
#include "tests/tools/run_command.hpp"

namespace boxwarp {
namespace {

using test::boxwarp;
using test::Folder;
using test::Output;

Output generate(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"levels", "generate"});
  return boxwarp(arguments);
}

TEST(StartsCommand, NeitherThreadsNorCountShowInALevel) {
  const std::string many = generate({"--like", "boxoban", "--count", "40", "--seed", "7", "--threads", "1", "-o", "-"}).out;
  const std::string again = generate({"--like", "boxoban", "--count", "40", "--seed", "7", "--threads", "3", "-o", "-"}).out;
  const std::string last =
      generate({"--like", "boxoban", "--count", "10", "--first-id", "30", "--seed", "7", "--out", "-"}).out;
  EXPECT_EQ(many, again);
  ASSERT_FALSE(last.empty());
  EXPECT_TRUE(many.ends_with(last));
  EXPECT_NE(many, generate({"--like", "boxoban", "--count", "40", "--seed", "8", "-o", "-"}).out);
}

TEST(StartsCommand, TitlesOfTextAndLabelsOfAPackSayThePushes) {
  const Folder folder;
  const std::vector<std::string> what{"--method", "retrograde", "--size",  "8x9", "--boxes", "2",
                                      "--pushes", "6:9",        "--count", "20",  "--out"};
  for (const char* name : {"a.txt", "a.boxwarp"}) {
    std::vector<std::string> arguments = what;
    arguments.push_back(folder / name);
    ASSERT_EQ(generate(arguments).status, 0);
  }
  const LevelSet text = load_levels({folder / "a.txt"}), pack = load_levels({folder / "a.boxwarp"});
  ASSERT_EQ(text.size(), 20);
  for (std::int64_t id = 0; id < 20; ++id) {
    EXPECT_EQ(to_text(text.level(id)), to_text(pack.level(id)));
    EXPECT_EQ(text.level(id).title, std::to_string(pack.labels().at(id).pushes) + " pushes");
    EXPECT_EQ(pack.level(id).title, "");
    EXPECT_EQ(text.level(id).height, 8);
    EXPECT_EQ(text.level(id).width, 9);
  }
}

TEST(StartsCommand, ReversePlayIsSaidPerLevel) {
  const Output output = generate(
      {"--boards", "20", "--size", "10x10", "--boxes", "3", "--pushes", "4:40", "--count", "3", "--first", "5", "-o", "-"});
  EXPECT_EQ(output.status, 0);
  for (const char* level : {"level 5: more than 20 boards", "level 6: ", "level 7: "})
    EXPECT_NE(output.err.find(level), std::string::npos) << output.err;
  EXPECT_EQ(test::count_of(output.out, "(reverse play)"), 3);
}

TEST(StartsCommand, MistakesAreToldTogether) {
  const auto error = [](const std::vector<std::string>& arguments) {
    const Output output = generate(arguments);
    EXPECT_EQ(output.status, 2);
    return output.err;
  };
  const auto has = [](const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; };
  const std::string many = error({"--like", "easy", "--pushes", "9:3", "--size", "8x8", "--corners", "2", "-o", "-"});
  EXPECT_TRUE(has(many, "--like, --pushes and --hardest each ask for other levels")) << many;
  EXPECT_FALSE(has(many, "--method")) << many << "which nobody named";
  EXPECT_TRUE(has(many, "--like: found 'easy', takes one of boxoban, medium, hard")) << many;
  EXPECT_TRUE(has(many, "--pushes: found '9:3'")) << many;
  EXPECT_TRUE(has(many, "--size: --like decides this")) << many;
  EXPECT_TRUE(has(many, "--corners: only reverse play takes this")) << many;
  EXPECT_TRUE(has(error({"--method", "magic", "-o", "-"}), "expected reverse or retrograde"));
  EXPECT_TRUE(has(error({"--method", "retrograde", "-o", "-"}), "--method retrograde: takes --like, --pushes or --hardest"));
  EXPECT_TRUE(has(error({"--method", "reverse", "--hardest", "-o", "-"}), "need --method retrograde"));
  EXPECT_TRUE(has(error({"--boards", "9", "-o", "-"}), "--boards: only the retrograde method takes this"));
}

}  // namespace
}  // namespace boxwarp
