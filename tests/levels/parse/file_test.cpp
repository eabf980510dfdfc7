// Which files a path stands for, and what is said of those that cannot be read.
#include "levels/parse/file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "levels/error.hpp"
#include "tests/tools/run_command.hpp"

namespace boxwarp {
namespace {

namespace fs = std::filesystem;
using test::Folder;
using test::write_text;
using Names = std::vector<std::string>;

const char* const kGood = "#####\n#@$.#\n#####\n";

// Without the folder that they lie in.
Names names_in(const Folder& folder, const std::string& path) {
  Names names = files_of(path);
  for (std::string& name : names) name = fs::path(name).lexically_relative(folder / "");
  return names;
}

TEST(FilesOf, LinksThatLeadBackAreGoneThroughOnce) {
  const Folder folder;
  fs::create_directories(folder / "sets/inner");
  write_text(folder / "sets/a.txt", kGood);
  write_text(folder / "sets/inner/b.txt", kGood);
  fs::create_directory_symlink(".", folder / "sets/again");
  fs::create_directory_symlink("..", folder / "sets/inner/up");
  EXPECT_EQ(names_in(folder, folder / "sets"), (Names{"sets/a.txt", "sets/inner/b.txt"}));
  const std::string link = folder / "link";
  fs::create_directory_symlink("sets", link);
  EXPECT_EQ(names_in(folder, link), (Names{"link/a.txt", "link/inner/b.txt"}));
}

TEST(FilesOf, AFolderUnderTwoNamesIsTakenOnceByTheOneWithoutALink) {
  const Folder folder;
  fs::create_directories(folder / "sets/real");
  fs::create_directory(folder / "outside");
  write_text(folder / "sets/real/a.txt", kGood);
  write_text(folder / "outside/b.txt", kGood);
  for (const char* name : {"0", "z"}) fs::create_directory_symlink("real", folder / (std::string("sets/") + name));
  for (const char* name : {"x", "y"}) fs::create_directory_symlink("../outside", folder / (std::string("sets/") + name));
  EXPECT_EQ(names_in(folder, folder / "sets"), (Names{"sets/real/a.txt", "sets/x/b.txt"}));
}

TEST(FilesOf, PipesAreLeftOutAndLinksToNothingAreToldWhenTheyAreRead) {
  const Folder folder;
  write_text(folder / "a.txt", kGood);
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  fs::create_symlink("nothing", folder / "dangling");
  fs::create_symlink("a.txt", folder / "link.txt");
  EXPECT_EQ(names_in(folder, folder / ""), (Names{"a.txt", "dangling", "link.txt"}));
}

TEST(ParseFile, WhatCannotBeReadIsAnErrorThatSaysWhy) {
  const Folder folder;
  const auto message = [](const std::string& path) {
    const ParsedFile file = parse_file(path);
    return file.errors.size() == 1 && file.errors[0].kind == LevelErrorKind::unreadable_file ? file.errors[0].message : "";
  };
  EXPECT_EQ(message(folder / "missing.txt"), "cannot read this file: No such file or directory");
  EXPECT_EQ(message(folder / ""), "cannot read this file: Is a directory");
}

}  // namespace
}  // namespace boxwarp
