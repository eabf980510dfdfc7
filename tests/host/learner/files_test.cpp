// Files are there whole or not at all, and nothing else is left in their folder.
#include "host/learner/files.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <string>

#include "levels/error.hpp"
#include "tests/host/learner/small_run.hpp"

namespace boxwarp {
namespace {

namespace fs = std::filesystem;
using test::bytes_of;

class Files : public testing::Test {
 protected:
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path())) names.push_back(entry.path().filename());
    return names;
  }
  test::TemporaryFolder folder_{"files"};
  const fs::path path_ = folder_.path() / "file";
};

TEST_F(Files, AreMadeOfTheirPiecesAndReplaced) {
  const std::string first = "first, ", second = "second";
  Pieces pieces = pieces_of(first);
  pieces.push_back(pieces_of(second).front());
  replace_file(path_, pieces);
  EXPECT_EQ(bytes_of(path_), "first, second");
  replace_file(path_, pieces_of("other"));
  EXPECT_EQ(bytes_of(path_), "other");
  EXPECT_EQ(names(), std::vector<std::string>{"file"});
}

TEST_F(Files, AreCreatedOnceAndNeverOverwritten) {
  create_file(path_, pieces_of("first"));
  EXPECT_THROW(create_file(path_, pieces_of("second")), BadInput);
  EXPECT_EQ(bytes_of(path_), "first");
  EXPECT_EQ(names(), std::vector<std::string>{"file"});
  fs::create_symlink("nowhere", folder_.path() / "link");
  EXPECT_THROW(create_file(folder_.path() / "link", pieces_of("third")), BadInput);
  EXPECT_EQ(names().size(), 2u);
}

TEST_F(Files, ThatCannotBeWrittenLeaveNothing) {
  EXPECT_THROW(create_file(folder_.path() / "none" / "file", pieces_of("x")), std::runtime_error);
  fs::create_directories(path_ / "inside");
  EXPECT_THROW(replace_file(path_, pieces_of("x")), std::runtime_error) << "a folder";
  EXPECT_EQ(names(), std::vector<std::string>{"file"});
}

// A full disk, and a program that is killed half way, as files that may not grow.
void write_more_than_fits(const fs::path& path, bool killed, void (*write)(const fs::path&, const Pieces&)) {
  const rlimit limit{100'000, 100'000};
  setrlimit(RLIMIT_FSIZE, &limit);
  if (!killed) signal(SIGXFSZ, SIG_IGN);
  const std::string much(1'000'000, 'x');
  try {
    write(path, pieces_of(much));
  } catch (const std::runtime_error&) {
    std::exit(3);
  }
  std::exit(4);
}

TEST_F(Files, ThatDoNotFitKeepTheOldOneOrNone) {
  GTEST_FLAG_SET(death_test_style, "fast");
  for (const auto write : {replace_file, create_file}) {
    EXPECT_EXIT(write_more_than_fits(path_, false, write), testing::ExitedWithCode(3), "");
    EXPECT_TRUE(names().empty());
    EXPECT_EXIT(write_more_than_fits(path_, true, write), testing::KilledBySignal(SIGXFSZ), "");
    EXPECT_FALSE(fs::exists(path_)) << "nobody takes a part for the whole";
    for (const std::string& name : names()) fs::remove(folder_.path() / name);
  }
  replace_file(path_, pieces_of("old"));
  EXPECT_EXIT(write_more_than_fits(path_, true, replace_file), testing::KilledBySignal(SIGXFSZ), "");
  EXPECT_EQ(bytes_of(path_), "old");
}

}  // namespace
}  // namespace boxwarp
