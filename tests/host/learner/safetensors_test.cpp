#include "host/learner/safetensors.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <thread>

#include <fmt/format.h>

#include "levels/error.hpp"

namespace boxwarp {
namespace {

class SafetensorsFile : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / fmt::format("boxwarp-safetensors-{}", ::getpid());
    std::filesystem::create_directories(folder_);
    path_ = folder_ / "file.safetensors";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write_bytes(const std::string& bytes) const { std::ofstream(path_, std::ios::binary) << bytes; }
  std::string bytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // A file with that header and so many bytes of data.
  void write_header(const std::string& header, std::size_t data) const {
    std::string bytes(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(header.size() >> (8 * i) & 0xff);
    write_bytes(bytes + header + std::string(data, 'x'));
  }
  void expect_refused(const std::string& because) const {
    try {
      read_safetensors(path_);
      FAIL() << "accepted, expected: " << because;
    } catch (const BadInput& error) {
      EXPECT_NE(std::string(error.what()).find(because), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find(path_.string()), std::string::npos) << error.what();
    }
  }

  std::filesystem::path folder_, path_;
};

Safetensors example() {
  Safetensors file;
  file.metadata = {{"format", "pt"}, {"quoted", "a \"b\" \n\\ \xc3\xa9"}};
  file.tensors["b"] = {"F32", {2, 3}, std::vector<std::byte>(24, std::byte{7})};
  file.tensors["a"] = {"U8", {5}, std::vector<std::byte>(5, std::byte{9})};
  file.tensors["empty"] = {"F64", {0, 4}, {}};
  file.tensors["scalar"] = {"I64", {}, std::vector<std::byte>(8, std::byte{1})};
  return file;
}

TEST_F(SafetensorsFile, ReadsBackWhatWasWritten) {
  write_safetensors(path_, example());
  const Safetensors read = read_safetensors(path_);
  const Safetensors written = example();
  EXPECT_EQ(read.metadata, written.metadata);
  ASSERT_EQ(read.tensors.size(), written.tensors.size());
  for (const auto& [name, tensor] : written.tensors) {
    EXPECT_EQ(read.tensors.at(name).dtype, tensor.dtype) << name;
    EXPECT_EQ(read.tensors.at(name).shape, tensor.shape) << name;
    EXPECT_EQ(read.tensors.at(name).data, tensor.data) << name;
  }
}

TEST_F(SafetensorsFile, SameContentGivesTheSameBytesAndLeavesNothingElse) {
  write_safetensors(path_, example());
  const std::string first = bytes();
  write_safetensors(path_, example());
  EXPECT_EQ(bytes(), first);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(SafetensorsFile, LooksAsTheFormatSays) {
  Safetensors file;
  file.tensors["x"] = {"U8", {3}, {std::byte{'a'}, std::byte{'b'}, std::byte{'c'}}};
  write_safetensors(path_, file);
  const std::string header = R"({"x":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}})";
  const std::size_t padded = (header.size() + 7) / 8 * 8;
  EXPECT_EQ(bytes(), std::string(1, static_cast<char>(padded)) + std::string(7, '\0') + header +
                         std::string(padded - header.size(), ' ') + "abc");
}

TEST_F(SafetensorsFile, AFailedWriteKeepsTheOldFileAndLeavesNothingElse) {
  write_safetensors(path_, example());
  const std::string before = bytes();
  Safetensors broken = example();
  broken.tensors["a"].shape = {6};
  EXPECT_THROW(write_safetensors(path_, broken), std::invalid_argument);
  EXPECT_EQ(bytes(), before);
  EXPECT_THROW(write_safetensors(folder_ / "no such folder" / "file", example()), std::runtime_error);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

// As a shell gives it for <(command): it cannot be measured before it is read.
TEST_F(SafetensorsFile, IsReadFromAPipe) {
  write_safetensors(path_, example());
  const std::string content = bytes();
  const std::filesystem::path pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(pipe, std::ios::binary) << content; });
  EXPECT_EQ(read_safetensors(pipe).tensors.size(), example().tensors.size());
  writer.join();
}

TEST_F(SafetensorsFile, AFolderIsNoFile) {
  std::filesystem::create_directory(path_);
  expect_refused("Is a directory");
}

TEST_F(SafetensorsFile, RefusesWhatIsMalformedAndSaysWhy) {
  expect_refused("No such file or directory");
  write_bytes("abc");
  expect_refused("it has 3 bytes");
  write_bytes(std::string(8, '\xff'));
  expect_refused("its header claims");
  write_bytes(std::string("\x10\0\0\0\0\0\0\0{}", 10));
  expect_refused("cut short");
  write_header("[1]", 0);
  expect_refused("not a JSON object");
  write_header("{\"x\":", 0);
  expect_refused("not a JSON object");
  write_header(R"({"__metadata__":{"a":1}})", 0);
  expect_refused("its metadata a is not a string");
  write_header(R"({"x":5})", 0);
  expect_refused("tensor x is described by");
  write_header(R"({"x":{"shape":[1],"data_offsets":[0,1]}})", 1);
  expect_refused("tensor x has no dtype");
  write_header(R"({"x":{"dtype":"F4","shape":[1],"data_offsets":[0,1]}})", 1);
  expect_refused("unknown dtype F4");
  write_header(R"({"x":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})", 1);
  expect_refused("whole numbers as shape");
  write_header(R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}})", 1);
  expect_refused("two rising data_offsets");
  write_header(R"({"x":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}})", 8);
  expect_refused("only 8");
  write_header(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4);
  expect_refused("does not fit its 4 bytes");
  write_header(R"({"x":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,0]}})", 0);
  expect_refused("does not fit its 0 bytes");
  write_header(
      R"({"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"y":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})", 3);
  expect_refused("tensor y overlaps");
  write_header(
      R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"y":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})", 3);
  expect_refused("1 bytes before tensor y");
  write_header(R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 2);
  expect_refused("the last 1 bytes");
}

TEST_F(SafetensorsFile, EveryCutOfAFileIsRefused) {
  write_safetensors(path_, example());
  const std::string whole = bytes();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    write_bytes(whole.substr(0, length));
    EXPECT_THROW(read_safetensors(path_), BadInput) << length;
  }
}

}  // namespace
}  // namespace boxwarp
