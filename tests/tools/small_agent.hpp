// Agents that always do the same, and levels that steps to the right solve or do not: what evaluation and watching must say
// is known.
#pragma once

#include <algorithm>
#include <string>

#include "host/learner/initial_weights.hpp"
#include "host/learner/weights.hpp"
#include "tests/tools/run_command.hpp"

namespace boxwarp::test {

inline constexpr int kRight = 3, kNoOp = 4;

// The published initialisation, but for a policy whose bias drowns everything else.
inline void write_agent(const std::string& path, int actions, int action) {
  Weights weights;
  weights.shape = {.layers = 1,
                   .ticks = 1,
                   .channels = 16,
                   .height = 8,
                   .width = 8,
                   .actions = actions,
                   .hidden = 16,
                   .encoder_kernel = 3};
  weights.values = initial_weights(weights.shape, 1.0f, 7);
  for (const ParameterTensor& tensor : parameter_tensors(weights.shape)) {
    if (tensor.name == "action_net.bias") weights.values[tensor.offset + static_cast<std::size_t>(action)] = 1e6f;
  }
  save_weights(path, weights);
}

// Solved in two steps by stepping right, and not at all.
inline const char* const kTwoLevels =
    "; first\n\n######\n#@$ .#\n######\n\n"
    "; second\n\n#######\n#@    #\n# $.  #\n#     #\n#######\n";

struct SmallAgent {
  Folder folder;
  std::string weights = folder / "right.safetensors", levels = folder / "two.txt";

  SmallAgent() {
    write_agent(weights, 4, kRight);
    write_text(levels, kTwoLevels);
  }
  // "boxwarp command --weights ... --levels ..." and more.
  std::vector<std::string> arguments(const std::string& command, std::vector<std::string> more = {}) const {
    std::vector<std::string> all{command, "--weights", weights, "--levels", levels};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

}  // namespace boxwarp::test
