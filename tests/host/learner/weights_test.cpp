#include "host/learner/weights.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <span>

#include <fmt/format.h>

#include "host/learner/initial_weights.hpp"
#include "host/learner/net_shape_json.hpp"
#include "host/learner/safetensors.hpp"
#include "levels/error.hpp"
#include "tests/host/learner/shapes.hpp"

namespace boxwarp::test {
namespace {

class WeightsFile : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / fmt::format("boxwarp-weights-{}", ::getpid());
    std::filesystem::create_directories(folder_);
    path_ = folder_ / "model.safetensors";
    weights_ = {kSmall, initial_weights(kSmall, 1.0f, 1)};
    save_weights(path_, weights_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void change(const std::function<void(Safetensors&)>& how) const {
    Safetensors file = read_safetensors(path_);
    how(file);
    write_safetensors(path_, file);
  }
  std::string refusal() const {
    try {
      load_weights(path_);
    } catch (const BadInput& error) {
      return error.what();
    }
    return "accepted";
  }
  void expect_refused(std::initializer_list<const char*> reasons) const {
    const std::string message = refusal();
    for (const char* reason : reasons) EXPECT_NE(message.find(reason), std::string::npos) << reason << " in " << message;
  }

  std::filesystem::path folder_, path_;
  Weights weights_;
};

TEST_F(WeightsFile, ReadsBackWhatWasSaved) {
  std::string note = "untouched";
  const Weights read = load_weights(path_, &note);
  EXPECT_EQ(read.shape, kSmall);
  EXPECT_EQ(read.values, weights_.values);
  EXPECT_EQ(note, "untouched");
}

TEST_F(WeightsFile, HoldsThePublishedNamesAndTheAlias) {
  const Safetensors file = read_safetensors(path_);
  EXPECT_EQ(file.tensors.size(), parameter_tensors(kSmall).size() + 2);
  for (const ParameterTensor& tensor : parameter_tensors(kSmall)) {
    EXPECT_EQ(file.tensors.at(tensor.name).shape, tensor.shape) << tensor.name;
  }
  EXPECT_EQ(file.tensors.at("mlp_extractor.value_net.fc0.weight").data,
            file.tensors.at("mlp_extractor.policy_net.fc0.weight").data);
  EXPECT_EQ(file.tensors.at("mlp_extractor.value_net.fc0.bias").data,
            file.tensors.at("mlp_extractor.policy_net.fc0.bias").data);
}

TEST_F(WeightsFile, MayLackTheAliasButNotContradictIt) {
  change([](Safetensors& file) { file.tensors.erase("mlp_extractor.value_net.fc0.weight"); });
  EXPECT_EQ(load_weights(path_).values, weights_.values);
  change([](Safetensors& file) { file.tensors["mlp_extractor.value_net.fc0.bias"].data[0] = std::byte{1}; });
  expect_refused({"mlp_extractor.value_net.fc0.bias differs"});
}

TEST_F(WeightsFile, AFenceWithSeveralInputsIsSummed) {
  const std::string name = "features_extractor.cell_list.1.fence_conv.weight";
  change([&](Safetensors& file) {
    StoredTensor& fence = file.tensors[name];
    std::vector<float> one(fence.data.size() / 4), three;
    std::memcpy(one.data(), fence.data.data(), fence.data.size());
    for (std::size_t gate = 0; gate < one.size() / 9; ++gate) {
      for (const float share : {0.5f, 0.25f, 0.25f}) {
        for (std::size_t tap = 0; tap < 9; ++tap) three.push_back(share * one[gate * 9 + tap]);
      }
    }
    fence.shape[1] = 3;
    fence.data.resize(three.size() * 4);
    std::memcpy(fence.data.data(), three.data(), fence.data.size());
  });
  EXPECT_EQ(load_weights(path_).values, weights_.values);
}

TEST_F(WeightsFile, WithoutConfigurationIsReadAsPublishedAndSaysSo) {
  const NetShape shape{2, 2, 16, 5, 5, 4, 8, 4, NetInput::rgb};
  const Weights square{shape, initial_weights(shape, 1.0f, 2)};
  save_weights(path_, square);
  change([](Safetensors& file) { file.metadata.clear(); });
  std::string note;
  const Weights read = load_weights(path_, &note);
  EXPECT_EQ(read.shape, shape);
  EXPECT_EQ(read.values, square.values);
  EXPECT_NE(note.find("DRC(2, 2) with 16 channels on 5x5 boards"), std::string::npos) << note;
  change([](Safetensors& file) { file.metadata["ticks"] = "7"; });
  EXPECT_EQ(load_weights(path_).shape.ticks, 7);
  change([](Safetensors& file) { file.metadata["ticks"] = "many"; });
  expect_refused({"metadata ticks is \"many\""});
}

TEST_F(WeightsFile, RefusesWithTheWholeListOfWhatDoesNotFit) {
  change([](Safetensors& file) {
    file.tensors.erase("value_net.bias");
    file.tensors["surplus"] = {"F32", {1}, std::vector<std::byte>(4)};
    file.tensors["action_net.weight"].shape = {8, 4};
    file.tensors["action_net.bias"].dtype = "I32";
    const float nan = std::numeric_limits<float>::quiet_NaN();
    std::memcpy(file.tensors["value_net.weight"].data.data(), &nan, 4);
  });
  expect_refused({path_.c_str(), "5 of its tensors", "value_net.bias is missing", "surplus [1] belongs to no such network",
                  "action_net.weight has the shape [8, 4], expected [4, 8]", "action_net.bias is of type I32",
                  "value_net.weight has 1 values that are not finite"});
}

TEST_F(WeightsFile, OfAnotherNetworkIsRefused) {
  change([](Safetensors& file) { file.metadata["boxwarp.config"] = to_json(kPublished); });
  expect_refused({"features_extractor.cell_list.2.conv_ih.weight is missing"});
  change([](Safetensors& file) { file.metadata["boxwarp.config"] = "{\"layers\": 0}"; });
  expect_refused({"boxwarp.config", "layers: found 0"});
}

TEST_F(WeightsFile, HoldsFlaxNamesAndLayoutsOnRequest) {
  save_weights(path_, weights_, WeightNames::flax);
  const Safetensors file = read_safetensors(path_);
  const std::pair<const char*, std::vector<std::int64_t>> expected[] = {
      {"network_params/conv_list_0/kernel", {3, 3, 7, 16}},
      {"network_params/conv_list_0/bias", {16}},
      {"network_params/conv_list_1/kernel", {3, 3, 16, 16}},
      {"network_params/conv_list_1/bias", {16}},
      {"network_params/cell_list_0/ih/kernel", {3, 3, 48, 64}},
      {"network_params/cell_list_0/ih/bias", {64}},
      {"network_params/cell_list_1/hh/kernel", {3, 3, 16, 64}},
      {"network_params/cell_list_1/fence/kernel", {3, 3, 1, 64}},
      {"network_params/cell_list_1/project", {2, 16}},
      {"network_params/dense_list_0/kernel", {320, 8}},
      {"network_params/dense_list_0/bias", {8}},
      {"actor_params/Output/kernel", {8, 4}},
      {"actor_params/Output/bias", {4}},
      {"critic_params/Output/kernel", {8, 1}},
      {"critic_params/Output/bias", {1}}};
  EXPECT_EQ(file.tensors.size(), parameter_tensors(kSmall).size());
  for (const auto& [name, shape] : expected) {
    ASSERT_TRUE(file.tensors.contains(name)) << name;
    EXPECT_EQ(file.tensors.at(name).shape, shape) << name;
  }
  // Cross-correlation weights (out, in, row, column) lie as (row, column, in, out).
  const auto torch = part(kSmall, weights_.values, "features_extractor.cell_list.1.conv_ih.weight");
  const std::vector<std::byte>& bytes = file.tensors.at("network_params/cell_list_1/ih/kernel").data;
  std::vector<float> flax(bytes.size() / 4);
  std::memcpy(flax.data(), bytes.data(), bytes.size());
  const std::size_t out = 41, in = 30, row = 2, column = 1;
  EXPECT_EQ(flax[((row * 3 + column) * 48 + in) * 64 + out], torch[((out * 48 + in) * 3 + row) * 3 + column]);
}

TEST_F(WeightsFile, WithFlaxNamesIsReadBack) {
  NetShape full = kSmall;
  full.pooling = Pooling::full;
  for (const NetShape& shape : {kSmall, full, kResNet}) {
    const Weights weights{shape, initial_weights(shape, 1.0f, 3)};
    save_weights(path_, weights, WeightNames::flax);
    EXPECT_EQ(load_weights(path_).values, weights.values) << to_json(shape);
    change([](Safetensors& file) {
      std::map<std::string, StoredTensor> tensors;
      for (auto& [name, tensor] : file.tensors) tensors["params/params/" + name] = std::move(tensor);
      file.tensors = std::move(tensors);
    });
    EXPECT_EQ(load_weights(path_).values, weights.values) << to_json(shape);
  }
}

TEST_F(WeightsFile, WithFlaxNamesIsRefusedUnderThem) {
  save_weights(path_, weights_, WeightNames::flax);
  change([](Safetensors& file) {
    file.tensors.erase("critic_params/Output/bias");
    file.tensors["network_params/cell_list_7/hh/kernel"] = {"F32", {1}, std::vector<std::byte>(4)};
    file.tensors["network_params/dense_list_0/bias"].shape = {2, 4};
  });
  expect_refused({"3 of its tensors", "value_net.bias is missing", "network_params/cell_list_7/hh/kernel (in torch ",
                  "network_params/dense_list_0/bias (in torch mlp_extractor.policy_net.fc0.bias) has the shape [2, 4]"});
}

TEST_F(WeightsFile, OfEveryOptionIsReadBackWithItsConfiguration) {
  NetShape guez = kSmall;
  guez.output_gate = OutputGate::sigmoid;
  guez.boundary = Boundary::rim;
  guez.skip = Skip::concatenation;
  NetShape bare = kSmall;
  bare.boundary = Boundary::none;
  bare.pooling = Pooling::none;
  bare.skip = Skip::none;
  bare.head = NetHead::pooled;
  for (const NetShape& shape : {guez, bare, kResNet}) {
    const Weights weights{shape, initial_weights(shape, 1.0f, 3)};
    save_weights(path_, weights);
    const Weights read = load_weights(path_);
    EXPECT_EQ(read.shape, shape);
    EXPECT_EQ(read.values, weights.values);
  }
  change([](Safetensors& file) { file.metadata["boxwarp.config"] = to_json(kSmall); });
  expect_refused({"features_extractor.cell_list.0.conv_ih.weight is missing",
                  "features_extractor.flatten.0.guez_conv_sequence_0.conv.bias [16] belongs to no such network"});
}

TEST(ForBoards, APooledHeadSuitsAnySizeAndAFlattenedOneItsOwn) {
  NetShape pooled = kSmall;
  pooled.head = NetHead::pooled;
  const Weights weights{pooled, initial_weights(pooled, 1.0f, 1)};
  const Weights large = for_boards(weights, 30, 20);
  EXPECT_EQ(large.shape.height, 30);
  EXPECT_EQ(large.shape.width, 20);
  EXPECT_EQ(parameter_count(large.shape), weights.values.size());
  const Weights flat{kSmall, initial_weights(kSmall, 1.0f, 1)};
  EXPECT_EQ(for_boards(flat, 4, 5).shape, kSmall);
  EXPECT_THROW(for_boards(flat, 5, 5), BadInput);
}

TEST(NetShapeJson, GoesThereAndBack) {
  for (const NetShape& shape : {kPublished, kSmall}) EXPECT_EQ(shape_from_json(to_json(shape)), shape);
  EXPECT_EQ(
      to_json(kPublished),
      R"({"layers":3,"ticks":3,"channels":32,"height":10,"width":10,"actions":4,"hidden":256,"encoder_kernel":4,"input":"rgb"})");
}

TEST(NetShapeJson, HoldsOptionsThatAreNotAsPublished) {
  NetShape guez{.output_gate = OutputGate::sigmoid, .boundary = Boundary::rim, .pooling = Pooling::full};
  guez.skip = Skip::concatenation;
  guez.head = NetHead::pooled;
  for (const NetShape& shape : {guez, NetShape{.pooling = Pooling::none, .skip = Skip::none}, kGuezResNet}) {
    EXPECT_EQ(shape_from_json(to_json(shape)), shape) << to_json(shape);
  }
  EXPECT_NE(to_json(guez).find(
                R"("output_gate":"sigmoid","boundary":"rim","pooling":"full","skip":"concatenation","head":"pooled"})"),
            std::string::npos)
      << to_json(guez);
}

TEST(NetShapeName, TellsWhatIsNotAsPublished) {
  EXPECT_EQ(name_of(kPublished), "DRC(3, 3)");
  EXPECT_EQ(name_of(kGuezResNet), "ResNet(9)");
  EXPECT_EQ(name_of({.layers = 1, .ticks = 2, .boundary = Boundary::rim, .skip = Skip::none}),
            "DRC(1, 2), boundary rim, skip none");
}

TEST(NetShapeJson, RefusesWhatAResNetDoesNotHave) {
  try {
    shape_from_json(R"({"kind": "resnet", "ticks": 3, "skip": "none"})");
    FAIL() << "accepted";
  } catch (const BadInput& error) {
    const std::string message = error.what();
    for (const char* part : {"ticks: found 3, takes 1 for a ResNet", "skip: a ResNet has none"}) {
      EXPECT_NE(message.find(part), std::string::npos) << part << " in " << message;
    }
  }
}

TEST(NetShapeJson, NamesEveryMistake) {
  try {
    shape_from_json(R"({"layers": 0, "ticks": 1.5, "channels": 24, "width": "7", "input": "bgr", "skip": 1, "depth": 3})");
    FAIL() << "accepted";
  } catch (const BadInput& error) {
    const std::string message = error.what();
    for (const char* part : {"layers: found 0, takes 1 to 64", "ticks: found 1.5, takes a whole number",
                             "channels: found 24, takes 16 to 1024, a multiple of 16",
                             "width: found \"7\", takes a whole number", "input: found \"bgr\", takes one of rgb, planes",
                             "skip: found 1", "depth: a network's shape has no such member"}) {
      EXPECT_NE(message.find(part), std::string::npos) << part << " in " << message;
    }
  }
  EXPECT_THROW(shape_from_json("[]"), BadInput);
  EXPECT_THROW(shape_from_json("{"), BadInput);
}

}  // namespace
}  // namespace boxwarp::test
