// The fault word as the host reads it.
#include "host/cuda/fault.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace boxwarp::test {
namespace {

template <class Exception>
Exception thrown(Fault fault) {
  try {
    throw_fault(packed(fault));
  } catch (const Exception& error) {
    return error;
  }
  throw std::logic_error("nothing of this type was thrown");
}

TEST(Fault, NoFaultThrowsNothing) { EXPECT_NO_THROW(throw_fault(kNoFault)); }

TEST(Fault, KeepsKindEnvironmentAndValue) {
  for (const FaultKind kind : {FaultKind::bad_action, FaultKind::bad_level, FaultKind::not_finite, FaultKind::bad_cell}) {
    for (const std::uint32_t environment : {0u, 1u, 123'456'789u, std::numeric_limits<std::uint32_t>::max()}) {
      for (const std::int32_t value : {0, 1, -1, 255, (1 << 23) - 1, -(1 << 23)}) {
        const Fault fault = unpacked(packed({kind, environment, value}));
        EXPECT_EQ(fault.kind, kind);
        EXPECT_EQ(fault.environment, environment);
        EXPECT_EQ(fault.value, value);
        EXPECT_NE(packed({kind, environment, value}), kNoFault);
      }
    }
  }
}

TEST(Fault, TheLowestEnvironmentHasTheSmallestWord) {
  EXPECT_LT(packed({FaultKind::not_finite, 3, -1}), packed({FaultKind::bad_action, 4, 0}));
  EXPECT_LT(packed({FaultKind::not_finite, std::numeric_limits<std::uint32_t>::max(), -1}), kNoFault);
}

TEST(Fault, ABadActionIsBadInputWithItsEnvironment) {
  const auto error = thrown<BadInputOnDevice>({FaultKind::bad_action, 17, 9});
  EXPECT_EQ(error.fault.environment, 17u);
  EXPECT_EQ(error.fault.value, 9);
  EXPECT_STREQ(error.what(), "environment 17: action 9 found on the device, takes 0 to 3, and 4 with no_op");
  EXPECT_THROW(throw_fault(packed({FaultKind::bad_action, 0, -1})), BadInput);
}

TEST(Fault, ABadLevelIsBadInputWithItsEnvironment) {
  const auto error = thrown<BadInputOnDevice>({FaultKind::bad_level, 5, 1000});
  EXPECT_EQ(error.fault.environment, 5u);
  EXPECT_NE(std::string(error.what()).find("level 1000"), std::string::npos) << error.what();
}

TEST(Fault, AByteThatIsNoCellCodeIsBadInputWithItsEnvironment) {
  const auto error = thrown<BadInputOnDevice>({FaultKind::bad_cell, 5, 7});
  EXPECT_EQ(error.fault.environment, 5u);
  EXPECT_STREQ(error.what(), "environment 5: 7 found on the device is not a cell code, those are 0 to 6");
}

TEST(Fault, ANumberThatIsNotFiniteIsAFailureOfItsOwn) {
  EXPECT_EQ(thrown<NotFinite>({FaultKind::not_finite, 2, 0}).fault.environment, 2u);
}

TEST(Fault, AWordThatNoKernelWritesIsADeviceError) {
  EXPECT_THROW(throw_fault(packed({static_cast<FaultKind>(200), 0, 0})), DeviceError);
}

}  // namespace
}  // namespace boxwarp::test
