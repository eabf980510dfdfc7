#include "tools/bench_samples.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

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

nlohmann::ordered_json asked(const std::string& question, const std::string& device) {
  const BuildInfo info = build_info();
  return {{"question", question},      {"machine", info.machine},       {"device", device},
          {"compiler", info.compiler}, {"build_type", info.build_type}, {"commit", info.commit}};
}

}  // namespace boxwarp
