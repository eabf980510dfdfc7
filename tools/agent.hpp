// What commands that let an agent play share: its weights, the levels, the device, and the options that name them.
#pragma once

#include <memory>

#include "host/engine/device.hpp"
#include "host/engine/level_bank.hpp"
#include "host/learner/evaluation.hpp"
#include "tools/arguments.hpp"

namespace boxwarp {

struct Agent {
  Weights weights;
  std::shared_ptr<const LevelBank> levels;
  Device device;
  Precision precision;  // of a device's network; a processor's is float32 whatever is asked for
  EvaluationRules rules;
};

// --weights, --levels, --lenient, --cap, --solved-rule, --no-op, --end-on-deadlock, --device, --precision, --threads and
// --quiet.
void add_agent_options(Arguments& arguments);

// Opens what the options name; notes about it go to stderr unless --quiet is given.
Agent open_agent(const Arguments& arguments);
int cap_of(const Arguments& arguments);

inline constexpr int kMostThinking = 10'000;  // steps that --think takes

}  // namespace boxwarp
