// Lists of moves as files.
#include "levels/parse/lurd.hpp"

#include <gtest/gtest.h>

#include "levels/error.hpp"

namespace boxwarp {
namespace {

TEST(Lurd, ListsForSeveralLevelsAreReadAndWritten) {
  const std::vector<Lurd> all = parse_lurd("a", "; a remark\n; 3\nTitle: Third\nrrD\r\n  LL u\n\n:: note\n; 12\rUU\n");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].level, 3);
  EXPECT_EQ(all[0].moves, "rrDLLu");
  EXPECT_EQ(all[1].level, 12);
  EXPECT_EQ(all[1].moves, "UU");
  const std::string moves(200, 'u');
  EXPECT_EQ(lurd_entry({7, moves}, "T").substr(0, 14), "; 7\nTitle: T\nu");
  const std::vector<Lurd> again = parse_lurd("a", lurd_entry({7, moves}, "T") + lurd_entry({8, "d"}, ""));
  ASSERT_EQ(again.size(), 2u);
  EXPECT_EQ(again[0].moves, moves);
  EXPECT_EQ(again[1].level, 8);
  EXPECT_EQ(parse_lurd("a", "rr").at(0).level, 0);
}

TEST(Lurd, AByteOrderMarkIsNoMove) {
  const std::vector<Lurd> numbered = parse_lurd("a", "\xef\xbb\xbf; 2\nrr"), plain = parse_lurd("a", "\xef\xbb\xbfrr");
  EXPECT_EQ(numbered.at(0).level, 2);
  EXPECT_EQ(plain.at(0).moves, "rr");
  EXPECT_THROW(parse_lurd("a", "rr\n\xef\xbb\xbfrr"), BadInput) << "in the middle it is";
}

TEST(Lurd, MistakesAreToldWithTheirPlace) {
  const auto message = [](std::string_view text) -> std::string {
    try {
      parse_lurd("a.lurd", text);
    } catch (const BadInput& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_TRUE(message("rr\nrx").starts_with("a.lurd:2:2: this is no move"));
  EXPECT_TRUE(message("; 0\nrr").starts_with("a.lurd:1:1: levels are numbered from 1"));
  EXPECT_TRUE(message("; 99999999999999999999\nrr").starts_with("a.lurd:1:1: levels are numbered from 1"));
  EXPECT_TRUE(message("; 1\nrr\n; 1\nd").starts_with("a.lurd:4:1: a second list of moves for level 1"));
  EXPECT_TRUE(message("; 1\n\n").starts_with("a.lurd: no moves"));
}

}  // namespace
}  // namespace boxwarp
