#include "host/learner/level_pool.hpp"

#include <algorithm>
#include <utility>

namespace boxwarp {

LevelPool::LevelPool(const StartSource& source, std::int64_t taken, int threads, std::int64_t ahead)
    : source_(source), ahead_(std::max<std::int64_t>(1, ahead)), taken_(taken), next_(taken) {
  for (int i = 0; i < std::max(1, threads); ++i) threads_.emplace_back([this] { work(); });
}

LevelPool::~LevelPool() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wanted_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void LevelPool::work() {
  StartGenerator generator(source_.options);
  std::unique_lock lock(mutex_);
  for (;;) {
    wanted_.wait(lock, [this] { return stop_ || (!failure_ && next_ < taken_ + std::max(ahead_, asked_)); });
    if (stop_) return;
    const std::int64_t number = next_++;
    const std::uint64_t round = round_;
    lock.unlock();
    LevelRows level;
    std::exception_ptr failure;
    try {
      level = generator.level(source_.seed, static_cast<std::uint64_t>(source_.first + number)).level;
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    if (round != round_) continue;
    if (failure) failure_ = failure;
    ready_.emplace(number, std::move(level));
    made_.notify_all();
  }
}

std::vector<LevelRows> LevelPool::take(std::int64_t count) {
  std::vector<LevelRows> levels;
  std::unique_lock lock(mutex_);
  asked_ = count;
  wanted_.notify_all();
  const auto complete = [&] {
    const auto end = ready_.lower_bound(taken_ + count);
    return std::distance(ready_.begin(), end) == count;
  };
  made_.wait(lock, [&] { return failure_ || complete(); });
  asked_ = 0;
  if (failure_) std::rethrow_exception(failure_);
  for (std::int64_t i = 0; i < count; ++i) levels.push_back(std::move(ready_.extract(taken_++).mapped()));
  wanted_.notify_all();
  return levels;
}

void LevelPool::restart(std::int64_t taken) {
  const std::lock_guard lock(mutex_);
  ++round_;
  ready_.clear();
  failure_ = nullptr;
  taken_ = next_ = taken;
  wanted_.notify_all();
}

std::int64_t LevelPool::taken() const {
  const std::lock_guard lock(mutex_);
  return taken_;
}

}  // namespace boxwarp
