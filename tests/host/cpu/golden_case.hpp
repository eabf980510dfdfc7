// The network as the published code computes it in double: outputs, states and gradients from a file, for every backend.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

#include "host/learner/safetensors.hpp"
#include "tests/host/cpu/net_case.hpp"

namespace boxwarp::test {

// Float32 against double through 12 steps: what the file promises for such code.
inline constexpr double kGoldenOutputBound = 1e-5;
inline constexpr double kGoldenStateBound = 1e-5;
inline constexpr double kGoldenGradientShare = 1e-4;  // of the largest element of the tensor

inline std::filesystem::path golden_path() {
  const char* named = std::getenv("BOXWARP_GOLDEN");
  if (named != nullptr) return named;
  return std::filesystem::path(BOXWARP_SOURCE_DIR) / "../shared/data/golden_drc11.safetensors";
}

class Golden {
 public:
  explicit Golden(Safetensors file) : file_(std::move(file)) {}

  template <class Element>
  std::vector<Element> values(const std::string& name) const {
    const StoredTensor& tensor = file_.tensors.at(name);
    std::vector<Element> result(tensor.data.size() / sizeof(Element));
    std::memcpy(result.data(), tensor.data.data(), tensor.data.size());
    return result;
  }
  std::vector<std::int64_t> shape(const std::string& name) const { return file_.tensors.at(name).shape; }
  int number(const std::string& key) const { return std::stoi(file_.metadata.at(key)); }
  bool has(const std::string& name) const { return file_.tensors.contains(name); }

 private:
  Safetensors file_;
};

// (planes, C, cells) to (planes, cells, C).
inline std::vector<float> channels_last(const std::vector<float>& from, std::size_t channels, std::size_t cells) {
  std::vector<float> to(from.size());
  for (std::size_t plane = 0; plane < from.size() / (channels * cells); ++plane) {
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t i = 0; i < cells; ++i) {
        to[(plane * cells + i) * channels + c] = from[(plane * channels + c) * cells + i];
      }
    }
  }
  return to;
}

inline NetCase golden_case(const Golden& golden) {
  const auto board = golden.shape("in.board");  // (T, B, H, W)
  NetCase net{};
  net.steps = static_cast<int>(board[0]);
  net.boards = static_cast<int>(board[1]);
  const std::string cell = "param.features_extractor.cell_list.0.pool_project";
  net.shape = {
      .layers = golden.number("depth"),
      .ticks = golden.number("ticks"),
      .channels = static_cast<int>(golden.shape(cell)[1]),
      .height = static_cast<int>(board[2]),
      .width = static_cast<int>(board[3]),
      .actions = static_cast<int>(golden.shape("param.action_net.bias")[0]),
      .hidden = static_cast<int>(golden.shape("param.mlp_extractor.policy_net.fc0.bias")[0]),
      .encoder_kernel = static_cast<int>(golden.shape("param.features_extractor.pre_model.0.weight")[2]),
      .input = golden.shape("param.features_extractor.pre_model.0.weight")[1] == 3 ? NetInput::rgb : NetInput::planes};
  const auto cells = static_cast<std::size_t>(net.shape.height * net.shape.width);
  for (const ParameterTensor& tensor : parameter_tensors(net.shape)) {
    EXPECT_EQ(golden.shape("param." + tensor.name), tensor.shape) << tensor.name;
    const auto values = golden.values<float>("param." + tensor.name);
    net.parameters.insert(net.parameters.end(), values.begin(), values.end());
  }
  net.cells = golden.values<std::uint8_t>("in.board");
  net.starts = golden.values<std::uint8_t>("in.episode_start");
  net.h_start = channels_last(golden.values<float>("in.h0"), static_cast<std::size_t>(net.shape.channels), cells);
  net.c_start = channels_last(golden.values<float>("in.c0"), static_cast<std::size_t>(net.shape.channels), cells);
  net.grad_logits = golden.values<float>("in.w_logits");
  net.grad_values = golden.values<float>("in.w_value");
  return net;
}

inline void expect_golden_outputs(const Golden& golden, const NetResult& result) {
  EXPECT_TRUE(all_near(result.logits, golden.values<double>("out.logits"), kGoldenOutputBound));
  EXPECT_TRUE(all_near(result.values, golden.values<double>("out.value"), kGoldenOutputBound));
}

inline void expect_golden_gradients(const Golden& golden, const NetCase& net, const NetResult& result) {
  const auto expect = [](const std::string& name, const std::vector<float>& found, const std::vector<float>& expected) {
    float largest = 0;
    for (const float value : expected) largest = std::max(largest, std::abs(value));
    EXPECT_TRUE(all_near(found, expected, kGoldenGradientShare * largest)) << name;
  };
  for (const ParameterTensor& tensor : parameter_tensors(net.shape)) {
    const auto begin = result.grad_parameters.begin() + static_cast<std::ptrdiff_t>(tensor.offset);
    expect(tensor.name, {begin, begin + static_cast<std::ptrdiff_t>(tensor.size)},
           golden.values<float>("grad." + tensor.name));
  }
  const auto channels = static_cast<std::size_t>(net.shape.channels);
  const auto cells = static_cast<std::size_t>(net.shape.height * net.shape.width);
  expect("h0", result.grad_h_start, channels_last(golden.values<float>("grad.h0"), channels, cells));
  expect("c0", result.grad_c_start, channels_last(golden.values<float>("grad.c0"), channels, cells));
}

// Skipped where the file is not there.
class GoldenNetwork : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(golden_path())) GTEST_SKIP() << golden_path() << " is not there";
    golden_.emplace(read_safetensors(golden_path()));
    net_ = golden_case(*golden_);
  }

  std::optional<Golden> golden_;
  NetCase net_;
};

}  // namespace boxwarp::test
