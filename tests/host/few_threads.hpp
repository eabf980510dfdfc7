// What a process does that can start some threads, but not thousands.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdlib>

namespace boxwarp::test {

// There is room for the stacks of some hundred threads.
inline bool limit_memory() {
  rlimit limit{};
  limit.rlim_cur = limit.rlim_max = rlim_t{1} << 32;
  return setrlimit(RLIMIT_AS, &limit) == 0;
}

// holds() is true in such a process, which ends by itself. Sanitizers need more room than that.
template <class Holds>
void expect_with_few_threads(const Holds& holds) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  static_cast<void>(holds);
  GTEST_SKIP() << "a sanitizer's memory does not fit the limit";
#else
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(std::exit(limit_memory() && holds() ? 0 : 1), testing::ExitedWithCode(0), "");
#endif
}

}  // namespace boxwarp::test
