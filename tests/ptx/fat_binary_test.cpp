// Which PTX a fat binary gives.
#include "tests/ptx/fat_binary.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/ptx/fat_binary_bytes.hpp"

namespace boxwarp::ptx {
namespace {

std::string reason_of(FatBinaryBytes& fat_binary) {
  try {
    return "none, but " + ptx_text(fat_binary.wrapper());
  } catch (const NoText& none) {
    return none.what();
  }
}

TEST(FatBinary, GivesTheNewestTextThatTheDeviceRuns) {
  FatBinaryBytes several;
  several.add(2, 90, "machine code").add(1, 80, "eighty").add(1, 120, "later").add(1, 90, "ninety").add(1, 86, "between");
  EXPECT_EQ(ptx_text(several.wrapper()), "ninety");
  FatBinaryBytes newer;
  newer.add(1, 120, "120").add(1, 100, "a whole word or two: 100");
  EXPECT_EQ(ptx_text(newer.wrapper()), "a whole word or two: 100");
}

TEST(FatBinary, WhatCannotBeReadSaysHowToBuildIt) {
  EXPECT_NE(reason_of(FatBinaryBytes().add(2, 90, "machine code")).find("CMAKE_CUDA_ARCHITECTURES"), std::string::npos);
  EXPECT_NE(reason_of(FatBinaryBytes().add(1, 90, "zipped", 6)).find("-no-compress"), std::string::npos);
}

}  // namespace
}  // namespace boxwarp::ptx
