// How many steps a second environments take.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/engine/vector_env.hpp"

namespace boxwarp {

struct BenchKind {  // what each step gives
  std::string name;
  Observation observation;
  Layout layout;
  bool final_observation, many;
};

// "step_many", or an observation's word with _hwc (channels last) or _final (and the final observation) behind it. Throws
// BadInput.
BenchKind bench_kind(std::string_view name);

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
  double seconds;            // of a sample
  int min_steps, max_steps;  // of an episode
  std::uint64_t seed;
  AutoReset auto_reset = AutoReset::same_step;
  bool no_op = false;
  SolvedRule solved_rule = SolvedRule::boxes_matched;
  bool end_on_deadlock = false;
  int together = 8;  // steps of a launch, but for step_many
};

// Five samples after a warm-up. Actions are random and lie on the device beforehand, those of some steps launched together
// (on a GPU one CUDA graph), so that only the environments are measured; step_many draws its own, 64 steps a call.
BenchPoint measured(const std::shared_ptr<const LevelBank>& levels, const Device& device, std::int64_t num_envs,
                    const BenchKind& kind, const BenchRules& rules);

// Bytes a second that the device reads and writes when it copies half a gibibyte; 0 for a processor.
double copy_bandwidth(const Device& device);

}  // namespace boxwarp
