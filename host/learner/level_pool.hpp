// Levels of a generator made by threads of their own, ahead of whoever takes them.
//
// Level i is the generator's level with id first + i, whatever the number of threads and however fast they are, so that a
// run that takes so many levels at each update is the same each time, and goes on exactly from the number it has taken.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "levels/generate/starts.hpp"

namespace boxwarp {

class LevelPool {
 public:
  // Begins with the level source.first + taken. ahead: levels that are made before they are asked for, at least 1.
  LevelPool(const StartSource& source, std::int64_t taken, int threads, std::int64_t ahead);
  ~LevelPool();
  LevelPool(const LevelPool&) = delete;
  LevelPool& operator=(const LevelPool&) = delete;

  // The next `count` levels, in order; waits for those that are not made yet. Throws BadInput where a level cannot be made.
  std::vector<LevelRows> take(std::int64_t count);

  // Goes on as if so many had been taken.
  void restart(std::int64_t taken);

  std::int64_t taken() const;

 private:
  void work();

  const StartSource source_;
  const std::int64_t ahead_;
  mutable std::mutex mutex_;
  std::condition_variable wanted_, made_;
  std::map<std::int64_t, LevelRows> ready_;
  std::int64_t taken_, next_;  // next_: that a thread begins with
  std::int64_t asked_ = 0;     // of the call of take() that waits
  std::uint64_t round_ = 0;    // calls of restart: what was begun before is dropped
  std::exception_ptr failure_;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace boxwarp
