// The processor's executor: a fixed number of threads that share out numbered tasks.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "kernels/executor.hpp"

namespace boxwarp {

class ThreadPool : public Executor {
 public:
  // threads: how many work, the caller of run included; 0: as many as the machine has cores.
  explicit ThreadPool(int threads = 0);
  ~ThreadPool() override;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls task(i, worker) for every i in 0..tasks, in any order, and returns when all are done; worker is in 0..threads()
  // and no two tasks with the same worker run at once. The first exception of a task is thrown again here. Not reentrant.
  template <class Task>
  void run(std::int64_t tasks, Task&& task) {
    run_erased(
        tasks,
        [](void* what, std::int64_t i, int worker) { (*static_cast<std::remove_reference_t<Task>*>(what))(i, worker); },
        const_cast<void*>(static_cast<const void*>(&task)));
  }

 private:
  using Call = void (*)(void*, std::int64_t, int);
  void run_erased(std::int64_t tasks, Call call, void* what);
  void work_until_stopped(int worker);
  void take_tasks(int worker);

  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_, finished_;
  std::uint64_t round_ = 0;  // how often run was called; guarded by mutex_, as is what follows
  int busy_ = 0;
  bool stop_ = false;
  std::exception_ptr failure_;
  Call call_ = nullptr;
  void* what_ = nullptr;
  std::int64_t tasks_ = 0;
  std::atomic<std::int64_t> next_{0};
};

}  // namespace boxwarp
