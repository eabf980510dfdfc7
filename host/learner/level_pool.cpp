#include "host/learner/level_pool.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace boxwarp {

namespace {

std::function<LevelMaker()> makers_of(const StartSource& source) {
  return [source]() -> LevelMaker {
    const auto generator = std::make_shared<StartGenerator>(source.options);
    return [source, generator](std::int64_t number) {
      return generator->level(source.seed, static_cast<std::uint64_t>(source.first + number)).level;
    };
  };
}

}  // namespace

LevelPool::LevelPool(const StartSource& source, std::int64_t taken, int threads, std::int64_t ahead)
    : LevelPool(makers_of(source), taken, threads, ahead) {}

LevelPool::LevelPool(std::function<LevelMaker()> new_maker, std::int64_t taken, int threads, std::int64_t ahead)
    : new_maker_(std::move(new_maker)), ahead_(std::max<std::int64_t>(1, ahead)), taken_(taken), next_(taken) {
  try {
    for (int i = 0; i < std::max(1, threads); ++i) threads_.emplace_back([this] { work(); });
  } catch (...) {  // there are not so many threads to have: those that run must not outlive this object
    stop();
    throw;
  }
}

LevelPool::~LevelPool() { stop(); }

void LevelPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wanted_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void LevelPool::work() {
  LevelMaker make;
  std::unique_lock lock(mutex_);
  for (;;) {
    wanted_.wait(lock, [this] { return stop_ || next_ < taken_ + std::max(ahead_, asked_); });
    if (stop_) return;
    const std::int64_t number = next_++;
    const std::uint64_t round = round_;
    lock.unlock();
    Made level = made(make, number);
    lock.lock();
    if (round != round_) continue;
    try {
      ready_.emplace(number, std::move(level));
    } catch (...) {
      failure_ = std::current_exception();
    }
    made_.notify_all();
  }
}

LevelPool::Made LevelPool::made(LevelMaker& make, std::int64_t number) const {
  Made result;
  try {
    if (make == nullptr) make = new_maker_();
    result.level = make(number);
  } catch (...) {
    result.failure = std::current_exception();
  }
  return result;
}

bool LevelPool::has(std::int64_t count) const {
  std::int64_t number = taken_;
  for (auto at = ready_.begin(); number < taken_ + count; ++at, ++number) {
    if (at == ready_.end() || at->first != number) return false;
    if (at->second.failure) return true;
  }
  return true;
}

std::vector<LevelRows> LevelPool::take(std::int64_t count) {
  std::vector<LevelRows> levels;
  levels.reserve(static_cast<std::size_t>(count));
  std::unique_lock lock(mutex_);
  asked_ = count;
  wanted_.notify_all();
  made_.wait(lock, [&] { return failure_ || has(count); });
  asked_ = 0;
  if (failure_) std::rethrow_exception(failure_);
  const auto end = ready_.lower_bound(taken_ + count);
  const auto failed = std::find_if(ready_.begin(), end, [](const auto& entry) { return entry.second.failure != nullptr; });
  if (failed != end) std::rethrow_exception(failed->second.failure);
  for (std::int64_t i = 0; i < count; ++i) levels.push_back(std::move(ready_.extract(taken_++).mapped().level));
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
