#include "tools/bench_samples.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "host/engine/build_info.hpp"

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

namespace {

// "AMD EPYC 9654, 2 threads" as the kernel tells it.
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

}  // namespace

nlohmann::ordered_json asked(const std::string& question, const std::string& device) {
  const BuildInfo info = build_info();
  return {{"question", question},      {"machine", machine()},          {"device", device},
          {"compiler", info.compiler}, {"build_type", info.build_type}, {"commit", info.commit}};
}

}  // namespace boxwarp
