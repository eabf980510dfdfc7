// Samples of how often a second something happens, as every benchmark takes them.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace boxwarp {

inline constexpr int kSamples = 5;  // the median of an odd number is one of them

// kSamples of `seconds` each, ascending: calls a second times `per_call`. seconds_of(calls) does the work so many times and
// returns how long that took; it is called for the warm-up too, which looks for the number of calls.
std::vector<double> samples_of(double seconds, double per_call, const std::function<double(std::int64_t calls)>& seconds_of);

inline double median(const std::vector<double>& samples) { return samples[samples.size() / 2]; }

// The beginning of every benchmark's JSON: the question, and machine, device, compiler, build type and commit.
nlohmann::ordered_json asked(const std::string& question, const std::string& device);

}  // namespace boxwarp
