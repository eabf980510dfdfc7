// Environments, an agent and a training step through the C++ interface. argv[1]: a file of levels.
#include <boxwarp/boxwarp.hpp>
#include <iostream>
#include <memory>
#include <vector>

int main(int argc, char** argv) {
  using namespace boxwarp;
  if (argc != 2) return 2;
  const Device device = open_device("cpu", 1);
  auto levels = std::make_shared<const LevelBank>(load_levels({argv[1]}));

  VectorEnv env({.num_envs = 4, .observation = Observation::cells}, levels, device);
  env.reset();
  Weights weights{.shape = {.layers = 1, .ticks = 1, .channels = 16, .height = env.height(), .width = env.width()},
                  .values = {}};
  weights.values = initial_weights(weights.shape, 1.0f, 0);
  Policy policy(weights, 4, device);
  std::vector<std::uint8_t> actions(4);
  for (int t = 0; t < 20; ++t) {
    policy.forward(env.observations());
    for (int board = 0; board < 4; ++board)
      actions[static_cast<std::size_t>(board)] = static_cast<std::uint8_t>(policy.greedy(board));
    env.step(actions);
  }

  TrainConfig config = preset("quick");
  config.num_envs = 8;
  config.minibatch_envs = 4;
  Trainer trainer(config, levels, device);
  const UpdateMetrics metrics = trainer.update();
  if (metrics.update != 1) return 1;

  try {
    load_levels({"nowhere.txt"});
    return 1;
  } catch (const BadInput& error) {
    std::cout << "in_cpp: done (" << error.what() << ")\n";
  }
  return 0;
}
