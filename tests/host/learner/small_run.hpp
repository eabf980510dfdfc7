// A training run small enough for a test, and where it puts its files.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "host/learner/config.hpp"
#include "host/learner/trainer.hpp"
#include "tests/host/small_levels.hpp"

namespace boxwarp::test {

inline TrainConfig small_config(Algorithm algorithm) {
  TrainConfig config = preset("quick");
  config.algorithm = algorithm;
  config.num_envs = 24;
  config.minibatch_envs = 12;
  config.epochs = algorithm == Algorithm::ppo ? 2 : 1;
  config.unroll = 6;
  config.min_steps = 4;
  config.max_steps = 9;
  config.frames = 6 * config.frames_per_update();
  config.network.ticks = 2;
  config.network.layers = 2;
  config.network.hidden = 32;
  return config;
}

inline Trainer small_trainer(Algorithm algorithm, int threads) {
  return Trainer(small_config(algorithm), easy_levels(), open_device("cpu", threads));
}

inline std::string algorithm_name(const testing::TestParamInfo<Algorithm>& parameter) {
  return parameter.param == Algorithm::ppo ? "ppo" : parameter.param == Algorithm::a2c ? "a2c" : "vtrace";
}

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& name)
      : path_(std::filesystem::temp_directory_path() / ("boxwarp_" + name + "_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace boxwarp::test
