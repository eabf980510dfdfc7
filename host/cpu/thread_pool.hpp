// The processor's executor: a fixed number of threads that share out numbered tasks.
//
// Each worker has a share of the tasks of its own, the same from run to run, so that what it works on stays in its cache;
// who is done with his helps the others. A run waits for nobody who has not begun: what a sleeping worker would have done,
// the others do. Workers and the caller look for what they wait for during some microseconds, then they sleep.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

#include "kernels/executor.hpp"

namespace boxwarp {

class ThreadPool : public Executor {
 public:
  // threads: how many work, the caller of run included; 0: as many as the machine has cores. Throws std::runtime_error where
  // the machine does not give so many.
  explicit ThreadPool(int threads = 0);
  ~ThreadPool() override;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls task(i, worker) for every i in 0..tasks, in any order, and returns when all are done; worker is in 0..threads()
  // and no two tasks with the same worker run at once. Of so many tasks as threads, or a multiple, each worker gets as many,
  // unless it comes late. The first exception of a task is thrown again here. Not reentrant.
  template <class Task>
  void run(std::int64_t tasks, Task&& task) {
    run_erased(
        tasks,
        [](void* what, std::int64_t i, int worker) { (*static_cast<std::remove_reference_t<Task>*>(what))(i, worker); },
        const_cast<void*>(static_cast<const void*>(&task)));
  }

 private:
  using Call = void (*)(void*, std::int64_t, int);
  static constexpr std::size_t kLine = 64;  // bytes that go from core to core together

  struct alignas(kLine) Share {  // of a worker: tasks next..end
    std::atomic<std::int64_t> next{0};
    std::int64_t end = 0;
  };

  void stop();
  void run_erased(std::int64_t tasks, Call call, void* what);
  void share_out(std::int64_t tasks);
  void open();
  void close_and_wait();
  void work_until_stopped(int worker);
  std::uint64_t await_opening(std::uint32_t last);
  void leave();
  void take_tasks(int worker);

  // The gate to a run. Upper half: number of the run; lower half: the flags of thread_pool.cpp and how many workers are
  // inside. What follows it is written by the caller of run while nobody is inside, but for failure_, which mutex_ guards.
  alignas(kLine) std::atomic<std::uint64_t> gate_{0};
  alignas(kLine) Call call_ = nullptr;
  void* what_ = nullptr;
  std::vector<Share> shares_;
  std::exception_ptr failure_;

  std::atomic<int> workers_asleep_{0};
  std::atomic<bool> caller_asleep_{false};
  std::mutex mutex_;
  std::condition_variable wake_, finished_;
  bool waits_awake_;  // whether there is a core for each thread
  std::vector<std::thread> workers_;
};

}  // namespace boxwarp
