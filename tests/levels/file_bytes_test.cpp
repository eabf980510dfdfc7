// Files whole: long ones, pipes, and what is none.
#include "levels/file_bytes.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "tests/tools/run_command.hpp"

namespace boxwarp {
namespace {

using test::Folder;
using test::write_text;

std::string reason_of(const std::string& path) {
  try {
    bytes_of(path);
  } catch (const UnreadableFile& error) {
    EXPECT_EQ(error.what(), path + ": " + error.reason);
    return error.reason;
  }
  return "";
}

TEST(BytesOf, FilesOfAnyLengthAndBytesAreReadWhole) {
  const Folder folder;
  for (const std::size_t length : {0u, 1u, 65'535u, 65'536u, 65'537u, 300'000u}) {
    std::string text(length, '\0');
    for (std::size_t i = 0; i < length; ++i) text[i] = static_cast<char>(i * 7);
    write_text(folder / "a", text);
    EXPECT_TRUE(bytes_of(folder / "a") == text) << length;
  }
}

TEST(BytesOf, PipesAreReadToTheirEnd) {
  const Folder folder;
  const std::string pipe = folder / "pipe", text(200'000, 'x');
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&] { write_text(pipe, text); });
  EXPECT_TRUE(bytes_of(pipe) == text);
  writer.join();
}

TEST(BytesOf, WhatCannotBeReadIsToldWithTheReason) {
  const Folder folder;
  errno = 0;
  EXPECT_EQ(reason_of(folder / ""), "cannot read this file: Is a directory");
  EXPECT_EQ(reason_of(folder / "missing"), "cannot read this file: No such file or directory");
}

}  // namespace
}  // namespace boxwarp
