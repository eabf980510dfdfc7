// How far long work has come, on stderr: one rewritten line on a terminal, a plain line every ten seconds elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>

namespace boxwarp {

class Progress {
 public:
  // total and done count in unit ("frames"); done_before: what an earlier run did, left out of the rate. quiet prints
  // nothing.
  Progress(std::int64_t total, std::string unit, bool quiet, std::int64_t done_before = 0);
  ~Progress();  // ends an unfinished line, so that an error message starts on its own
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Cheap: may be called as often as wished, by one thread. extra: figures for the end of the line, "solved 0.31".
  void update(std::int64_t done, const std::string& extra = {});
  // Prints the last state in full with the time taken. Nothing may follow.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  struct Sample {
    Clock::time_point time;
    std::int64_t done;
  };

  double rate(Clock::time_point now) const;  // units per second over the last half minute
  std::string line(Clock::time_point now) const;
  void print(Clock::time_point now);

  const std::int64_t total_;
  const std::string unit_;
  const bool quiet_, terminal_, colours_;
  const Sample start_;
  std::deque<Sample> recent_;
  Clock::time_point printed_;
  std::int64_t done_;
  std::string extra_;
  bool line_open_ = false, finished_ = false;
};

// 75 -> "1:15", 3675 -> "1:01:15".
std::string clock_text(double seconds);
// 1234567 -> "1,234,567".
std::string grouped(std::int64_t number);

// "1 box", "2,000 boxes".
std::string counted(std::int64_t number, const char* one, const char* many);

}  // namespace boxwarp
