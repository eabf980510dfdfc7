// What a trainer goes on from: complete checkpoints and light ones, and files that are none of this run.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "host/learner/checkpoint_file.hpp"
#include "host/learner/continuation.hpp"
#include "host/learner/light_checkpoint.hpp"
#include "host/learner/trainer.hpp"
#include "levels/error.hpp"
#include "tests/host/learner/small_run.hpp"
#include "tests/host/small_levels.hpp"

namespace boxwarp {
namespace {

namespace fs = std::filesystem;
using test::bytes_of;
using test::small_config;

class Checkpoints : public testing::Test {
 protected:
  static Trainer trainer(int threads) { return test::small_trainer(Algorithm::ppo, threads); }
  std::string state_of(const Trainer& t) const {
    t.save(folder_ / "state of it");
    return bytes_of(folder_ / "state of it");
  }

  static std::string refusal(const std::function<void()>& work) {
    try {
      work();
    } catch (const BadInput& error) {
      return error.what();
    }
    return "accepted";
  }

  test::TemporaryFolder temporary_{"checkpoint"};
  const fs::path& folder_ = temporary_.path();
};

TEST_F(Checkpoints, ADamagedFileIsRefusedWhereverTheDamageIs) {
  Trainer t = trainer(1);
  t.update();
  t.save(folder_ / "good");
  const std::string good = bytes_of(folder_ / "good");
  for (const std::size_t at : {std::size_t{0}, std::size_t{40}, good.size() / 3, good.size() / 2, good.size() - 1}) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 4);
    std::ofstream(folder_ / "bad", std::ios::binary) << bad;
    EXPECT_THROW(t.restore(folder_ / "bad"), BadInput) << at;
  }
  std::ofstream(folder_ / "short", std::ios::binary) << good.substr(0, good.size() - 100);
  EXPECT_THROW(t.restore(folder_ / "short"), BadInput);
  EXPECT_THROW(t.restore(folder_ / "absent"), BadInput);
}

TEST_F(Checkpoints, AnotherConfigurationOrLevelSetIsRefused) {
  Trainer t = trainer(1);
  t.save(folder_ / "state");
  TrainConfig config = small_config(Algorithm::ppo);
  config.gamma = 0.9;
  Trainer other(config, test::easy_levels(), open_device("cpu", 1));
  EXPECT_THROW(other.restore(folder_ / "state"), BadInput);
  const auto levels = test::bank_from({{"######", "#@$ .#", "#    #", "#    #", "######"}});
  Trainer elsewhere(small_config(Algorithm::ppo), levels, open_device("cpu", 1));
  EXPECT_THROW(elsewhere.restore(folder_ / "state"), BadInput);
}

TEST_F(Checkpoints, ALightOneHoldsWeightsMomentsAndCountersAlone) {
  Trainer t = trainer(1);
  for (int i = 0; i < 3; ++i) t.update();
  const fs::path light = folder_ / "light";
  t.save_light(light);
  EXPECT_LT(fs::file_size(light), 3 * sizeof(float) * t.weights().values.size() + 4096);
  TrainConfig config = small_config(Algorithm::ppo);
  EXPECT_EQ(read_light(light).frames, t.frames());
  EXPECT_EQ(read_light(light).config.network, t.config().network);
  // Fresh episodes are the same wherever they begin, and not those of the first run's beginning.
  const std::vector<float> weights = t.weights().values;
  const auto after = [&](int threads) {
    Trainer other(config, test::easy_levels(), open_device("cpu", threads));
    other.continue_from(light);
    EXPECT_EQ(other.updates(), 3);
    EXPECT_EQ(other.weights().values, weights);
    EXPECT_EQ(other.update().update, 4);
    other.save(folder_ / "state");
    return bytes_of(folder_ / "state");
  };
  const std::string anew = after(1);
  EXPECT_TRUE(after(2) == anew);
  t.update();
  t.save(folder_ / "state");
  EXPECT_FALSE(bytes_of(folder_ / "state") == anew);
  EXPECT_THROW(t.restore(light), BadInput);
  EXPECT_THROW(t.continue_from(folder_ / "state"), BadInput);
}

TEST_F(Checkpoints, GoesOnFromACheckpointThatWasWrittenBeforeTheNetworkHadOptions) {
  Trainer first = trainer(1);
  first.update();
  first.save(folder_ / "old");
  Safetensors file = read_safetensors(folder_ / "old");
  auto config = nlohmann::ordered_json::parse(file.metadata["config"]);
  for (const char* option : {"kind", "output_gate", "boundary", "pooling", "skip", "head"}) {
    EXPECT_EQ(config["network"].erase(option), 1u) << option;
  }
  file.metadata["config"] = config.dump();
  write_checkpoint(folder_ / "old", file);
  Trainer second = trainer(1);
  second.restore(folder_ / "old");
  EXPECT_EQ(second.updates(), 1);
  config["network"]["skip"] = "none";
  file.metadata["config"] = config.dump();
  write_checkpoint(folder_ / "old", file);
  EXPECT_THROW(second.restore(folder_ / "old"), BadInput);
}

TEST_F(Checkpoints, OfAnotherConfigurationNameTheSettingsThatDifferAlone) {
  trainer(1).save(folder_ / "state");
  TrainConfig config = small_config(Algorithm::ppo);
  config.gamma = 0.5;
  config.network.hidden = 16;
  Trainer other(config, test::easy_levels(), open_device("cpu", 1));
  const std::string told = refusal([&] { other.restore(folder_ / "state"); });
  EXPECT_NE(told.find("\n  gamma: 0.93 there, 0.5 here"), std::string::npos) << told;
  EXPECT_NE(told.find("\n  network.hidden: 32 there, 16 here"), std::string::npos) << told;
  EXPECT_EQ(std::ranges::count(told, '\n'), 2) << told;
}

TEST_F(Checkpoints, OfEitherKindHoldAnAgent) {
  Trainer t = trainer(1);
  t.update();
  t.save(folder_ / "complete");
  t.save_light(folder_ / "light");
  for (const char* name : {"complete", "light"}) {
    const Weights weights = load_weights(folder_ / name);
    EXPECT_EQ(weights.shape, t.config().network) << name;
    EXPECT_EQ(weights.values, t.weights().values) << name;
    const std::string good = bytes_of(folder_ / name);
    std::string bad = good;
    bad.back() = static_cast<char>(bad.back() ^ 4);
    std::ofstream(folder_ / "bad", std::ios::binary) << bad;
    EXPECT_NE(refusal([&] { load_weights(folder_ / "bad"); }).find("damaged"), std::string::npos);
    Safetensors file = read_safetensors(folder_ / name);
    const float nan = std::nanf("");
    std::memcpy(file.tensors["parameters"].data.data(), &nan, sizeof(nan));
    write_checkpoint(folder_ / "bad", file);
    EXPECT_NE(refusal([&] { load_weights(folder_ / "bad"); }).find("not finite"), std::string::npos);
  }
}

TEST_F(Checkpoints, OfTheOtherKindNameTheFileToTake) {
  Trainer t = trainer(1);
  t.save(folder_ / "complete");
  t.save_light(folder_ / "light");
  save_weights(folder_ / "model", t.weights());
  const std::string complete = refusal([&] { t.continue_from(folder_ / "complete"); });
  EXPECT_NE(complete.find("light.safetensors beside it"), std::string::npos) << complete;
  const std::string light = refusal([&] { t.restore(folder_ / "light"); });
  EXPECT_NE(light.find("checkpoint.safetensors beside it"), std::string::npos) << light;
  const std::string model = refusal([&] { t.restore(folder_ / "model"); });
  EXPECT_NE(model.find("not a checkpoint"), std::string::npos) << model;
}

TEST_F(Checkpoints, AtTheEndOfARunAreNothingToGoOnFrom) {
  Trainer t = trainer(1);
  while (!t.finished()) t.update();
  t.save_light(folder_ / "light");
  Trainer same = trainer(1);
  const std::string told = refusal([&] { same.continue_from(folder_ / "light"); });
  EXPECT_NE(told.find("nothing is left to train; take more frames"), std::string::npos) << told;
  EXPECT_EQ(same.frames(), 0);
}

// Weights alone: the run is the one that begins with them, whatever the trainer did before.
TEST_F(Checkpoints, WeightsAloneBeginARunWithFreshMomentsAndCounters) {
  Trainer t = trainer(1);
  const Weights first = t.weights();
  save_weights(folder_ / "model", first);
  for (int i = 0; i < 2; ++i) t.update();
  const std::string straight = state_of(t);
  const Continuation continuation((folder_ / "model").string());
  EXPECT_FALSE(continuation.note().empty());
  continuation.give(t);
  EXPECT_EQ(t.frames(), 0);
  EXPECT_EQ(t.weights().values, first.values);
  for (int i = 0; i < 2; ++i) t.update();
  EXPECT_TRUE(state_of(t) == straight);
}

TEST_F(Checkpoints, WeightsAloneBringTheirNetworkAndNoOther) {
  Trainer t = trainer(1);
  save_weights(folder_ / "model", t.weights());
  const Continuation continuation((folder_ / "model").string());
  TrainConfig expected = preset("quick");
  expected.network = t.config().network;
  EXPECT_EQ(to_json(continuation.config("quick")), to_json(expected));
  Weights wide = t.weights();
  wide.shape.actions = 5;
  wide.shape.head = NetHead::pooled;
  wide.values.assign(parameter_count(wide.shape), 0.25f);
  save_weights(folder_ / "wide", wide);
  const Continuation pooled((folder_ / "wide").string());
  EXPECT_TRUE(pooled.config("").no_op);
  EXPECT_EQ(pooled.config("").network.height, 0) << "of the largest level";
  const std::string before = state_of(t);
  EXPECT_NE(refusal([&] { pooled.give(t); }).find("another network"), std::string::npos);
  EXPECT_TRUE(state_of(t) == before);
}

// With a checksum that is right: only what an array holds, or how much, is wrong.
TEST_F(Checkpoints, ThatAreRefusedChangeNothing) {
  Trainer t = trainer(1);
  t.update();
  t.save(folder_ / "complete");
  t.save_light(folder_ / "light");
  t.update();
  const std::string before = state_of(t);
  for (const char* name : {"complete", "light"}) {
    const Safetensors good = read_safetensors(folder_ / name);
    const bool light = name == std::string("light");
    for (const auto& [tensor, content] : good.tensors) {
      Safetensors bad = good;
      if (tensor == "environments") {
        std::fill(bad.tensors[tensor].data.begin() + 112, bad.tensors[tensor].data.end(),
                  std::byte{0xee});  // behind the header
      } else {
        StoredTensor& less = bad.tensors[tensor];
        less.shape[0] -= 1;
        less.data.assign(content.data.begin(), content.data.end() - (less.dtype == "F32" ? 4 : 1));
      }
      write_checkpoint(folder_ / "bad", bad);
      if (light)
        EXPECT_THROW(t.continue_from(folder_ / "bad"), BadInput) << tensor;
      else
        EXPECT_THROW(t.restore(folder_ / "bad"), BadInput) << tensor;
      EXPECT_TRUE(state_of(t) == before) << name << ", " << tensor;
    }
  }
}

}  // namespace
}  // namespace boxwarp
