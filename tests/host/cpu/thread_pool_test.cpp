// Tasks are shared out, all done, and done once, however many threads, tasks and cores there are.
#include "host/cpu/thread_pool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/host/few_threads.hpp"

namespace boxwarp {
namespace {

// How often each task was called; plain integers, so that the thread sanitizer sees two threads that meet at one.
std::vector<int> calls_of(ThreadPool& pool, std::int64_t tasks) {
  std::vector<int> calls(static_cast<std::size_t>(tasks));
  pool.run(tasks, [&](std::int64_t task, int) { ++calls[static_cast<std::size_t>(task)]; });
  return calls;
}

TEST(ThreadPool, DoesEveryTaskOnce) {
  for (const int threads : {1, 2, 3, 7, 33}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (const std::int64_t tasks : {0, 1, 2, 3, 31, 32, 33, 1000})
      ASSERT_EQ(calls_of(pool, tasks), std::vector<int>(static_cast<std::size_t>(tasks), 1)) << threads << ' ' << tasks;
  }
}

// What a run wrote is there when it returns, and what was written before it is seen by its tasks, run after run: some follow
// at once, some find the workers asleep.
TEST(ThreadPool, RunsFollowOneAnother) {
  ThreadPool pool(3);
  std::vector<std::int64_t> sums(3);
  for (int run = 0; run < 3000; ++run) {
    if (run % 100 == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
    pool.run(3, [&](std::int64_t task, int) { sums[static_cast<std::size_t>(task)] += run; });
    std::rotate(sums.begin(), sums.begin() + 1, sums.end());
  }
  EXPECT_EQ(std::accumulate(sums.begin(), sums.end(), std::int64_t{0}), std::int64_t{3} * 3000 * 2999 / 2);
}

TEST(ThreadPool, AWorkerHasOneTaskAtATime) {
  ThreadPool pool(4);
  std::vector<int> inside(4);
  pool.run(200, [&](std::int64_t, int worker) {
    int& of_worker = inside[static_cast<std::size_t>(worker)];
    EXPECT_EQ(of_worker++, 0);
    std::this_thread::yield();
    --of_worker;
  });
}

// Each has its share of its own: tasks that wait for all others of the run come to an end only where all workers take part.
TEST(ThreadPool, WorkersTakeTheSameSharesAgain) {
  ThreadPool pool(2);
  for (int run = 0; run < 50; ++run) {
    std::vector<int> worker_of(8, -1);
    std::atomic<int> begun{0};
    pool.run(8, [&](std::int64_t task, int worker) {
      worker_of[static_cast<std::size_t>(task)] = worker;
      if (task % 4 != 0) return;  // the first of each share waits for the other's
      ++begun;
      while (begun < 2) std::this_thread::yield();
    });
    EXPECT_EQ(worker_of[0], 0);
    EXPECT_EQ(worker_of[4], 1);
  }
}

TEST(ThreadPool, TheRestIsDoneByThoseWhoAreFree) {
  ThreadPool pool(2);
  std::atomic<int> done{0};
  pool.run(64, [&](std::int64_t task, int) {
    if (task == 0)  // all others, those of the same share too, are done by the other worker
      while (done < 63) std::this_thread::yield();
    else
      ++done;
  });
  EXPECT_EQ(done, 63);
}

TEST(ThreadPool, AnExceptionIsThrownAgainAndThePoolGoesOn) {
  for (const int threads : {1, 4}) {
    ThreadPool pool(threads);
    for (int run = 0; run < 20; ++run) {
      EXPECT_THROW(pool.run(100,
                            [](std::int64_t task, int) {
                              if (task % 7 == 3) throw std::runtime_error("task");
                            }),
                   std::runtime_error);
      EXPECT_EQ(calls_of(pool, 10), std::vector<int>(10, 1));
    }
  }
}

// Nobody waits for workers that have not begun: many more threads than cores, and next to nothing to do.
TEST(ThreadPool, ManyMoreThreadsThanCoresDoNotHoldUpShortRuns) {
  ThreadPool pool(64);
  for (int run = 0; run < 500; ++run) ASSERT_EQ(calls_of(pool, 64), std::vector<int>(64, 1));
}

TEST(ThreadPool, OfMoreThreadsThanThereAreIsRefused) {
  test::expect_with_few_threads([] {
    try {
      ThreadPool pool(4000);
      return false;
    } catch (const std::runtime_error& error) {
      return std::string(error.what()).find("of 4000 threads") != std::string::npos;
    }
  });
}

}  // namespace
}  // namespace boxwarp
