// Packed sets: what goes in comes out, and a file that lost or changed a byte is told apart.
#include "levels/pack.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include "levels/error.hpp"
#include "tests/levels/parsed.hpp"

namespace boxwarp {
namespace {

using test::Lines;
using test::only_level;

// Small and large levels, titles, two files, an ordinal left out.
LevelSet mixed_set() {
  LevelSet set;
  const std::int32_t a = set.add_file("a.txt"), b = set.add_file("folder/b.txt");
  LevelRows small = only_level({"#######", "#@$ . #", "#  $ .#", "#######"}).level;
  set.add(small, {a, 0});
  small.title = "Second";
  set.add(small, {a, 1});
  set.add(only_level({"#####", "#@$.#", "#####"}).level, {a, 3});
  set.add(only_level({"############", "#@  $     .#", "############"}).level, {b, 0});
  LevelRows full = only_level({"##########", "#@       #", "# $    $ #", "#        #", "#        #", "#        #",
                               "#        #", "# $    $ #", "#   .... #", "##########"})
                       .level;
  full.title = "Eighty-one \xe2\x9c\x93";
  set.add(full, {b, 1});
  Lines largest(64, "#" + std::string(62, ' ') + "#");
  largest.front() = largest.back() = std::string(64, '#');
  largest[62].replace(60, 3, ".$@");
  set.add(only_level(largest).level, {b, 2});
  return set;
}

void expect_equal(const LevelSet& actual, const LevelSet& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  EXPECT_EQ(actual.files(), expected.files());
  EXPECT_EQ(actual.height(), expected.height());
  EXPECT_EQ(actual.width(), expected.width());
  EXPECT_EQ(actual.fits_small(), expected.fits_small());
  for (std::int64_t id = 0; id < expected.size(); ++id) {
    EXPECT_EQ(to_text(actual.level(id)), to_text(expected.level(id)));
    EXPECT_EQ(actual.level(id).title, expected.level(id).title);
    EXPECT_EQ(actual.level(id).walls, expected.level(id).walls);
    EXPECT_EQ(actual.origin(id).file, expected.origin(id).file);
    EXPECT_EQ(actual.origin(id).ordinal, expected.origin(id).ordinal);
  }
}

// Gives bytes the checksum that belongs to them.
std::string sealed(std::string bytes) {
  bytes.resize(bytes.size() - 4);
  const auto sum = crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  for (int byte = 0; byte < 4; ++byte) bytes.push_back(static_cast<char>(sum >> 8 * byte & 0xff));
  return bytes;
}

TEST(Pack, WhatGoesInComesOut) {
  const LevelSet set = mixed_set();
  expect_equal(unpacked(packed(set)), set);
  EXPECT_EQ(packed(unpacked(packed(set))), packed(set));
}

TEST(Pack, AnEmptySetIsASet) { expect_equal(unpacked(packed(LevelSet{})), LevelSet{}); }

TEST(Pack, ALevelOfTheSmallTierTakes25Bytes) {
  const LevelRows level = only_level({"#####", "#@$.#", "#####"}).level;
  LevelSet one, thousand;
  one.add_file("a");
  thousand.add_file("a");
  one.add(level, {0, 0});
  for (int i = 0; i < 1000; ++i) thousand.add(level, {0, i});
  EXPECT_EQ(packed(thousand).size() - packed(one).size(), 999u * 25u);
}

TEST(Pack, TheFirstBytesAreThoseOfTheFormat) {
  const std::string bytes = packed(mixed_set());
  EXPECT_EQ(bytes.substr(0, 12), std::string("\x89"
                                             "boxwarp\1\0\0\0",
                                             12));
  EXPECT_TRUE(is_packed("any name", bytes));
  EXPECT_TRUE(is_packed("set.boxwarp", ""));
  EXPECT_FALSE(is_packed("set.txt", "#####"));
}

TEST(Pack, EveryByteThatChangesIsNoticed) {
  const std::string bytes = packed(mixed_set());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const int flip : {1, 0x80, 0xff}) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      EXPECT_THROW(unpacked(changed), BadInput) << i;
    }
  }
}

TEST(Pack, EveryCutIsNoticedAndSoIsWhatFollows) {
  const std::string bytes = packed(mixed_set());
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_THROW(unpacked(bytes.substr(0, size)), BadInput) << size;
  EXPECT_THROW(unpacked(bytes + '\0'), BadInput);
}

TEST(Pack, AFittingChecksumDoesNotMakeNonsenseALevel) {
  // Every byte changed in turn with the checksum made anew: an error or levels that the loader could have given.
  const std::string bytes = packed(mixed_set());
  int refused = 0;
  for (std::size_t i = 8; i + 4 < bytes.size(); ++i) {
    for (const int flip : {1, 2, 0x40, 0xff}) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      try {
        const LevelSet set = unpacked(sealed(changed));
        for (std::int64_t id = 0; id < set.size(); ++id) {
          const LevelRows level = set.level(id);
          const std::vector<std::string> rows = to_text(level);
          EXPECT_GT(level.box_count(), 0);
          EXPECT_GE(level.target_count(), level.box_count());
          EXPECT_EQ(rows.front().find_first_not_of('#'), std::string::npos);
          EXPECT_TRUE(
              rows[static_cast<std::size_t>(level.player.row)][static_cast<std::size_t>(level.player.column)] == '@' ||
              rows[static_cast<std::size_t>(level.player.row)][static_cast<std::size_t>(level.player.column)] == '+');
        }
      } catch (const BadInput&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 500);
}

TEST(Pack, ANewerVersionIsNamed) {
  std::string bytes = packed(mixed_set());
  bytes[8] = 3;
  try {
    unpacked(sealed(bytes));
    FAIL();
  } catch (const BadInput& error) {
    EXPECT_NE(std::string(error.what()).find("version 3"), std::string::npos);
  }
}

}  // namespace
}  // namespace boxwarp
