#include "host/cpu/thread_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <system_error>

extern "C" void omp_set_num_threads(int);  // libgomp, which oneDNN runs on
extern "C" int omp_get_max_threads(void);

namespace boxwarp {

namespace {

// oneDNN's own threads change the order of its sums with their number, so each task runs on one; the caller's setting comes
// back afterwards.
class SingleThreadedOpenMp {
 public:
  SingleThreadedOpenMp() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~SingleThreadedOpenMp() { omp_set_num_threads(before_); }
  SingleThreadedOpenMp(const SingleThreadedOpenMp&) = delete;
  SingleThreadedOpenMp& operator=(const SingleThreadedOpenMp&) = delete;

 private:
  int before_;
};

// Flags of the gate.
constexpr std::uint64_t kOpen = std::uint64_t{1} << 31;  // workers may come in
constexpr std::uint64_t kStop = std::uint64_t{1} << 30;  // they are to end
constexpr std::uint64_t kInside = kStop - 1;

std::uint32_t run_of(std::uint64_t gate) { return static_cast<std::uint32_t>(gate >> 32); }

void rest_a_little() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// Looks at it again and again while that is cheaper than to sleep and be woken; returns whether it came to hold.
template <class Holds>
bool comes_soon(const Holds& holds) {
  constexpr std::chrono::microseconds kPatience{30};
  constexpr int kLooks = 16;  // between two looks at the clock
  const auto begin = std::chrono::steady_clock::now();
  do {
    for (int look = 0; look < kLooks; ++look) {
      if (holds()) return true;
      rest_a_little();
    }
  } while (std::chrono::steady_clock::now() - begin < kPatience);
  return false;
}

}  // namespace

ThreadPool::ThreadPool(int threads) {
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  if (threads <= 0) threads = cores;
  waits_awake_ = threads <= cores;
  shares_ = std::vector<Share>(static_cast<std::size_t>(threads));
  try {
    for (int worker = 1; worker < threads; ++worker) workers_.emplace_back([this, worker] { work_until_stopped(worker); });
  } catch (const std::system_error& error) {
    const int started = this->threads();
    stop();
    throw std::runtime_error(fmt::format("only {} of {} threads could be started ({}); take fewer with --threads", started,
                                         threads, error.code().message()));
  } catch (...) {
    stop();
    throw;
  }
}

ThreadPool::~ThreadPool() { stop(); }

void ThreadPool::stop() {
  gate_.fetch_or(kStop);
  { const std::lock_guard lock(mutex_); }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::run_erased(std::int64_t tasks, Call call, void* what) {
  const SingleThreadedOpenMp single;
  call_ = call;
  what_ = what;
  failure_ = nullptr;
  share_out(tasks);
  const bool helped = !workers_.empty() && tasks > 1;
  if (helped) open();
  take_tasks(0);
  if (helped) close_and_wait();
  if (failure_) std::rethrow_exception(failure_);
}

// Neighbours go together; the first workers get one more where it does not come out even.
void ThreadPool::share_out(std::int64_t tasks) {
  const std::int64_t each = tasks / threads(), more = tasks % threads();
  std::int64_t next = 0;
  for (std::size_t worker = 0; worker < shares_.size(); ++worker) {
    shares_[worker].next.store(next, std::memory_order_relaxed);
    next += each + (static_cast<std::int64_t>(worker) < more);
    shares_[worker].end = next;
  }
}

// A worker that goes to sleep counts itself first and looks at the gate afterwards, here it is the other way round: one of
// the two sees the other.
void ThreadPool::open() {
  gate_ = std::uint64_t{run_of(gate_) + 1} << 32 | kOpen;
  if (workers_asleep_ == 0) return;
  { const std::lock_guard lock(mutex_); }
  wake_.notify_all();
}

// Once all tasks are taken: nobody comes in any more, and those inside finish what they took.
void ThreadPool::close_and_wait() {
  gate_.fetch_and(~kOpen);
  const auto all_left = [this] { return (gate_ & kInside) == 0; };
  if (all_left() || (waits_awake_ && comes_soon(all_left))) return;
  std::unique_lock lock(mutex_);
  caller_asleep_ = true;
  finished_.wait(lock, all_left);
  caller_asleep_ = false;
}

void ThreadPool::work_until_stopped(int worker) {
  omp_set_num_threads(1);
  for (std::uint32_t last = 0;;) {  // run that this worker was inside
    std::uint64_t gate = await_opening(last);
    if ((gate & kStop) != 0) return;
    if (!gate_.compare_exchange_strong(gate, gate + 1)) continue;  // another one came or left, or it was closed
    last = run_of(gate);
    take_tasks(worker);
    leave();
  }
}

// Returns the gate as it was seen open for another run than the last, or with kStop.
std::uint64_t ThreadPool::await_opening(std::uint32_t last) {
  std::uint64_t gate = 0;
  const auto opened = [&] {
    gate = gate_;
    return (gate & kStop) != 0 || ((gate & kOpen) != 0 && run_of(gate) != last);
  };
  if (waits_awake_ && comes_soon(opened)) return gate;
  std::unique_lock lock(mutex_);
  ++workers_asleep_;
  wake_.wait(lock, opened);
  --workers_asleep_;
  return gate;
}

// The caller that goes to sleep says so first and looks at the gate afterwards.
void ThreadPool::leave() {
  const std::uint64_t before = gate_.fetch_sub(1);
  if ((before & kOpen) != 0 || (before & kInside) != 1 || !caller_asleep_) return;
  { const std::lock_guard lock(mutex_); }
  finished_.notify_one();
}

void ThreadPool::take_tasks(int worker) {
  const int count = threads();
  for (int turn = 0; turn < count; ++turn) {
    Share& share = shares_[static_cast<std::size_t>((worker + turn) % count)];
    while (share.next.load(std::memory_order_relaxed) < share.end) {
      const std::int64_t task = share.next.fetch_add(1, std::memory_order_relaxed);
      if (task >= share.end) break;
      try {
        call_(what_, task, worker);
      } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
        for (Share& left : shares_) left.next.store(left.end, std::memory_order_relaxed);
      }
    }
  }
}

}  // namespace boxwarp
