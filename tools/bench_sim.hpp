// How many steps a second environments take.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "host/engine/vector_env.hpp"

namespace boxwarp {

struct BenchKind {  // what each step gives
  std::string_view name;
  Observation observation;
  Layout layout;
  bool final_observation, many;
};

inline constexpr BenchKind kBenchKinds[] = {{"none", Observation::none, Layout::chw, false, false},
                                            {"step_many", Observation::none, Layout::chw, false, true},
                                            {"packed", Observation::packed, Layout::chw, false, false},
                                            {"cells", Observation::cells, Layout::chw, false, false},
                                            {"rgb", Observation::rgb, Layout::chw, false, false},
                                            {"rgb_hwc", Observation::rgb, Layout::hwc, false, false},
                                            {"rgb_final", Observation::rgb, Layout::chw, true, false},
                                            {"planes4", Observation::planes4, Layout::chw, false, false},
                                            {"planes", Observation::planes, Layout::chw, false, false}};

struct BenchPoint {
  std::int64_t num_envs, levels;
  BenchKind kind;
  std::size_t observation_bytes;
  std::size_t memory_bytes;     // of the environments' arrays
  double bytes_per_step;        // that a device must read and write, as kernels/env/step.cu counts them
  std::vector<double> samples;  // steps a second of all environments, ascending
  double median() const { return samples[samples.size() / 2]; }
};

struct BenchRules {
  double seconds;           // of a sample
  int min_steps, max_steps;  // of an episode
  std::uint64_t seed;
};

// Five samples after a warm-up. Actions are random and lie on the device beforehand, eight steps of them launched together
// (on a GPU one CUDA graph), so that only the environments are measured; step_many draws its own, 64 steps a call.
BenchPoint measured(const std::shared_ptr<const LevelBank>& levels, const Device& device, std::int64_t num_envs,
                    const BenchKind& kind, const BenchRules& rules);

// Bytes a second that the device reads and writes when it copies half a gibibyte; 0 for a processor.
double copy_bandwidth(const Device& device);

}  // namespace boxwarp
