// Levels of a generator made by threads of their own, ahead of whoever takes them.
//
// Level i is the generator's level with id first + i, whatever the number of threads and however fast they are, so that a
// run that takes so many levels at each update is the same each time, and goes on exactly from the number it has taken.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "levels/generate/starts.hpp"

namespace boxwarp {

// Makes level `number`, counted from 0; for one thread.
using LevelMaker = std::function<LevelRows(std::int64_t number)>;

class LevelPool {
 public:
  // Begins with the level source.first + taken. ahead: levels that are made before they are asked for, at least 1. Throws
  // std::system_error where the threads cannot be started.
  LevelPool(const StartSource& source, std::int64_t taken, int threads, std::int64_t ahead);
  // The same with levels of any kind; each thread calls new_maker once.
  LevelPool(std::function<LevelMaker()> new_maker, std::int64_t taken, int threads, std::int64_t ahead);
  ~LevelPool();
  LevelPool(const LevelPool&) = delete;
  LevelPool& operator=(const LevelPool&) = delete;

  // The next `count` levels, in order; waits for those that are not made yet. Throws what the first of them threw that
  // cannot be made (a generator's: BadInput), again at each call, and takes none then.
  std::vector<LevelRows> take(std::int64_t count);

  // Goes on as if so many had been taken.
  void restart(std::int64_t taken);

  std::int64_t taken() const;

 private:
  struct Made {
    LevelRows level;
    std::exception_ptr failure;  // instead of the level
  };
  void work();
  Made made(LevelMaker& make, std::int64_t number) const;
  // Whether the next `count` levels are there, or those before the first that failed.
  bool has(std::int64_t count) const;
  void stop();

  const std::function<LevelMaker()> new_maker_;
  const std::int64_t ahead_;
  mutable std::mutex mutex_;
  std::condition_variable wanted_, made_;
  std::map<std::int64_t, Made> ready_;
  std::int64_t taken_, next_;   // next_: that a thread begins with
  std::int64_t asked_ = 0;      // of the call of take() that waits
  std::uint64_t round_ = 0;     // calls of restart: what was begun before is dropped
  std::exception_ptr failure_;  // of no level: there was no memory to keep one
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace boxwarp
