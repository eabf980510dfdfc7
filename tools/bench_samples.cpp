#include "tools/bench_samples.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <thread>

namespace boxwarp {

std::vector<double> samples_of(double seconds, double per_call,
                               const std::function<double(std::int64_t calls)>& seconds_of) {
  std::int64_t calls = 1;
  seconds_of(calls);  // of the first use of everything
  while (seconds_of(calls) < seconds / 2) calls *= 2;
  std::vector<double> samples;
  for (int sample = 0; sample < kSamples; ++sample)
    samples.push_back(static_cast<double>(calls) * per_call / seconds_of(calls));
  std::ranges::sort(samples);
  return samples;
}

std::string machine() {
  std::ifstream file("/proc/cpuinfo");
  std::string model = "unknown processor";
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("model name")) continue;
    model = line.substr(std::min(line.find(": "), line.size() - 2) + 2);
    break;
  }
  return fmt::format("{}, {} threads", model, std::thread::hardware_concurrency());
}

}  // namespace boxwarp
