// Plots of runs whose metrics are known, so that the place of the curves is.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>

#include "tests/tools/read_picture.hpp"
#include "tests/tools/run_command.hpp"

namespace boxwarp {
namespace {

constexpr int kUpdates = 40;

std::string metrics_line(int update, double solved) {
  return fmt::format(
      R"({{"update": {}, "frames": {}, "seconds": 1.5, "frames_per_second": 900, "learning_rate": 4e-4, "entropy": 1.2, )"
      R"("policy_loss": 0.1, "value_loss": 2.5, "gradient_norm": 1.5, "explained_variance": 0.2, "episodes": 8, )"
      R"("solved": {}, "mean_return": -3.0, "mean_length": 80.5}})",
      update, 1000 * update, solved);
}

void write_run(const std::string& folder, const std::function<double(int)>& solved) {
  std::filesystem::create_directories(folder);
  std::string text;
  for (int update = 1; update <= kUpdates; ++update) text += metrics_line(update, solved(update)) + "\n";
  test::write_text(folder + "/metrics.jsonl", text);
}

// Where the ink of curves lies, from 0 at the top to 1 at the bottom.
struct Ink {
  int pixels = 0;
  double height = 0;
};

// A colour laid transparently over white comes out within rounding of what it should be.
bool looks_like(test::Pixel a, test::Pixel b) {
  constexpr int kRounding = 2;
  return std::abs(a[0] - b[0]) <= kRounding && std::abs(a[1] - b[1]) <= kRounding && std::abs(a[2] - b[2]) <= kRounding;
}

Ink ink(const test::PictureRead& picture, test::Pixel colour) {
  Ink found;
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      if (!looks_like(picture.at(x, y), colour)) continue;
      ++found.pixels;
      found.height += y;
    }
  }
  found.height /= std::max(found.pixels, 1) * picture.height;
  return found;
}

constexpr test::Pixel kLine{0x1f, 0x5f, 0xa8};
constexpr test::Pixel kSecondLine{0xc8, 0x55, 0x3d};
constexpr test::Pixel kBand{0xd2, 0xdf, 0xee};  // a fifth of the line's colour on white

TEST(Plot, DrawsAllCurvesOfARunIntoItsFolder) {
  const test::Folder folder;
  write_run(folder / "run", [](int update) { return 0.02 * update; });
  const test::Output output = test::boxwarp({"plot", folder / "run"});
  ASSERT_EQ(output.status, 0) << output.err;
  EXPECT_EQ(output.out, folder / "run/curve.png\n");
  const test::PictureRead picture = test::read_png(folder / "run/curve.png");
  EXPECT_GE(picture.width, 1000);
  EXPECT_GT(picture.colours(), 20u);
  // A line through each of the six plots, which lie three by two.
  for (int plot = 0; plot < 6; ++plot) {
    int found = 0;
    for (int y = plot / 3 * picture.height / 2; y < (plot / 3 + 1) * picture.height / 2; ++y) {
      for (int x = plot % 3 * picture.width / 3; x < (plot % 3 + 1) * picture.width / 3; ++x) {
        found += picture.at(x, y) == kLine;
      }
    }
    EXPECT_GT(found, 200) << plot;
  }
}

TEST(Plot, MoreSolvedIsHigherUp) {
  const test::Folder folder;
  write_run(folder / "low", [](int) { return 0.25; });
  write_run(folder / "high", [](int) { return 0.75; });
  for (const char* name : {"low", "high"}) {
    ASSERT_EQ(test::boxwarp({"plot", folder / name, "--metric", "solved"}).status, 0);
  }
  const test::PictureRead high = test::read_png(folder / "high/curve.png");
  const Ink below = ink(test::read_png(folder / "low/curve.png"), kLine), above = ink(high, kLine);
  EXPECT_GT(above.pixels, high.width / 2);
  // Half of the axis, which takes more than half of the picture.
  EXPECT_GT(below.height - above.height, 0.25);
}

TEST(Plot, SeveralRunsGiveTheirMedianAndRange) {
  const test::Folder folder;
  write_run(folder / "a", [](int) { return 0.1; });
  write_run(folder / "b", [](int) { return 0.5; });
  write_run(folder / "c", [](int) { return 0.7; });
  const std::string out = folder / "seeds.png";
  const std::string one = folder / "one.png";
  ASSERT_EQ(test::boxwarp({"plot", folder / "a", folder / "b", folder / "c", "--out", out, "--metric", "solved"}).status, 0);
  ASSERT_EQ(test::boxwarp({"plot", folder / "b", "--out", one, "--metric", "solved"}).status, 0);
  const test::PictureRead picture = test::read_png(out), median = test::read_png(one);
  EXPECT_NEAR(ink(picture, kLine).height, ink(median, kLine).height, 0.01);
  // The band goes from 10 to 70 %, its middle lies below the median.
  EXPECT_GT(ink(picture, kBand).pixels, picture.width * picture.height / 10);
  EXPECT_EQ(ink(median, kBand).pixels, 0);
  EXPECT_GT(ink(picture, kBand).height, ink(picture, kLine).height + 0.03);
}

TEST(Plot, RunsUnderNamesAreComparedInColoursOfTheirOwn) {
  const test::Folder folder;
  const std::vector<std::pair<std::string, double>> runs{{"a1", 0.1}, {"a2", 0.2}, {"a3", 0.3}, {"b1", 0.7}, {"b2", 0.9}};
  for (const auto& run : runs) write_run(folder / run.first, [&](int) { return run.second; });
  const std::string out = folder / "groups.png", each = folder / "each.png";
  std::vector<std::string> arguments{"plot", "--metric", "solved", "--out", out};
  for (const auto& [name, solved] : runs) arguments.push_back(name.substr(0, 1) + "=" + (folder / name));
  const test::Output output = test::boxwarp(arguments);
  ASSERT_EQ(output.status, 0) << output.err;
  const test::PictureRead picture = test::read_png(out);
  const Ink first = ink(picture, kLine), second = ink(picture, kSecondLine);
  EXPECT_GT(first.pixels, picture.width / 2);
  EXPECT_GT(second.pixels, picture.width / 2);
  EXPECT_GT(first.height, second.height + 0.2) << "20 % lie below 80 %";

  arguments[4] = each;
  arguments.push_back("--each");
  ASSERT_EQ(test::boxwarp(arguments).status, 0);
  EXPECT_EQ(ink(test::read_png(each), kBand).pixels, 0) << "a run alone has no range";
  for (int i = 0; i < 4; ++i) arguments.push_back(folder / "a1");
  arguments[4] = folder / "too_many.png";
  const test::Output many = test::boxwarp(arguments);
  EXPECT_EQ(many.status, 2);
  EXPECT_NE(many.err.find("9 curves"), std::string::npos) << many.err;
}

TEST(Plot, UpdatesWithoutAnEpisodeLeaveNoMark) {
  const test::Folder folder;
  std::filesystem::create_directories(folder / "run");
  std::string text;
  for (int update = 1; update <= kUpdates; ++update) {
    std::string line = metrics_line(update, update % 2 == 0 ? 0.75 : 0.0);
    if (update % 2 == 1) line.replace(line.find("\"episodes\": 8"), 13, "\"episodes\": 0");
    text += line + "\n";
  }
  test::write_text(folder / "run/metrics.jsonl", text);
  write_run(folder / "even", [](int) { return 0.75; });
  for (const char* name : {"run", "even"}) {
    ASSERT_EQ(test::boxwarp({"plot", folder / name, "--metric", "solved"}).status, 0);
  }
  EXPECT_NEAR(ink(test::read_png(folder / "run/curve.png"), kLine).height,
              ink(test::read_png(folder / "even/curve.png"), kLine).height, 0.005);
}

TEST(Plot, ABadLineIsToldWithPathAndLine) {
  const test::Folder folder;
  std::filesystem::create_directories(folder / "run");
  const std::string path = folder / "run/metrics.jsonl";
  const std::vector<std::string> bad{"{\"update\": 2,", "[1, 2]", "{\"frames\": 2000, \"episodes\": 1}",
                                     "{\"frames\": \"many\", \"episodes\": 1, \"solved\": 0}",
                                     "{\"frames\": -1, \"episodes\": 1, \"solved\": 0}"};
  for (const std::string& line : bad) {
    test::write_text(path, metrics_line(1, 0.5) + "\n" + line + "\n" + metrics_line(3, 0.5) + "\n");
    const test::Output output = test::boxwarp({"plot", folder / "run"});
    EXPECT_EQ(output.status, 2) << line;
    EXPECT_NE(output.err.find(path + ":2: "), std::string::npos) << output.err;
    EXPECT_FALSE(std::filesystem::exists(folder / "run/curve.png"));
  }
}

TEST(Plot, ALineThatIsStillBeingWrittenIsLeftOutAndTold) {
  const test::Folder folder;
  std::filesystem::create_directories(folder / "run");
  test::write_text(folder / "run/metrics.jsonl",
                   metrics_line(1, 0.5) + "\n" + metrics_line(2, 0.5) + "\n{\"update\": 3, \"fra");
  const test::Output output = test::boxwarp({"plot", folder / "run"});
  EXPECT_EQ(output.status, 0) << output.err;
  EXPECT_NE(output.err.find("metrics.jsonl:3: "), std::string::npos) << output.err;
}

TEST(Plot, RefusesWhatItCannotDo) {
  const test::Folder folder;
  write_run(folder / "run", [](int) { return 0.5; });
  const test::Output unknown = test::boxwarp({"plot", folder / "run", "--metric", "solved,luck"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.err.find("'luck'"), std::string::npos) << unknown.err;
  EXPECT_NE(unknown.err.find("entropy"), std::string::npos) << unknown.err;

  EXPECT_EQ(test::boxwarp({"plot", folder / "elsewhere"}).status, 2);
  EXPECT_EQ(test::boxwarp({"plot"}).status, 2);
  EXPECT_EQ(test::boxwarp({"plot", folder / "run", folder / "run"}).status, 2) << "two runs need --out";
  EXPECT_EQ(test::boxwarp({"plot", folder / "run", "--out", folder / "no/such/folder.png"}).status, 2);

  ASSERT_EQ(test::boxwarp({"plot", folder / "run"}).status, 0);
  const std::string before = test::content(folder / "run/curve.png");
  const test::Output again = test::boxwarp({"plot", folder / "run"});
  EXPECT_EQ(again.status, 2);
  EXPECT_NE(again.err.find("never overwritten"), std::string::npos) << again.err;
  EXPECT_EQ(test::content(folder / "run/curve.png"), before);
}

TEST(Plot, WithoutGnuplotItNamesThePackage) {
  const test::Folder folder;
  write_run(folder / "run", [](int) { return 0.5; });
  const test::Output output = test::boxwarp({"plot", folder / "run"}, {"PATH=" + folder / "nothing"});
  EXPECT_EQ(output.status, 1);
  EXPECT_NE(output.err.find("gnuplot-nox"), std::string::npos) << output.err;
  EXPECT_FALSE(std::filesystem::exists(folder / "run/curve.png"));
}

TEST(Plot, ARunWhoseNameIsHardToQuoteIsDrawn) {
  const test::Folder folder;
  write_run(folder / "it's `a` \"run\" $1 {x}_y", [](int) { return 0.5; });
  const test::Output output = test::boxwarp({"plot", folder / "it's `a` \"run\" $1 {x}_y", "--out", folder / "c.png"});
  ASSERT_EQ(output.status, 0) << output.err;
  EXPECT_GT(test::read_png(folder / "c.png").colours(), 20u);
}

}  // namespace
}  // namespace boxwarp
