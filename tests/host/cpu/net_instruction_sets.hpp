// Runs a check on every instruction set that this machine has and the vector code was compiled for.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>

#include <hwy/targets.h>

namespace boxwarp::test {

template <class Check>
void for_each_instruction_set(Check&& check) {
  const std::int64_t supported = hwy::SupportedTargets();
  for (const std::int64_t target :
       {std::int64_t{HWY_AVX3}, std::int64_t{HWY_AVX2}, std::int64_t{HWY_SSE4}, std::int64_t{HWY_EMU128}}) {
    if (target != HWY_EMU128 && (supported & target) == 0) continue;
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::GetChosenTarget().Update(target);
    check();
  }
  hwy::GetChosenTarget().Update(supported);
}

}  // namespace boxwarp::test
