// The light checkpoint: weights, Adam's moments and counters, from which a run goes on with fresh episodes. DRC(3,3) takes
// 15.4 MB where the complete one holds the state of every board besides.
#include "host/learner/light_checkpoint.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "host/learner/checkpoint_file.hpp"
#include "host/learner/net_shape_json.hpp"
#include "host/learner/trainer.hpp"
#include "levels/error.hpp"

namespace boxwarp {

namespace {

// Fresh episodes shall not repeat those that the run began with.
std::uint64_t seed_after(std::uint64_t seed, std::int64_t updates) {
  return seed + 0x9E3779B97F4A7C15u * static_cast<std::uint64_t>(updates);
}

}  // namespace

void Trainer::save_light(const std::filesystem::path& path) const {
  if (!failure_.empty()) throw std::runtime_error(failure_);
  auto config = to_json(config_);
  config.erase("snapshot_frames");  // is a matter of the folder
  Safetensors file;
  file.metadata = {{"format", kLightFormat},
                   {"config", config.dump()},
                   {"frames", std::to_string(frames())},
                   {"updates", std::to_string(updates_)},
                   {"gradient_steps", std::to_string(iteration_.clock().gradient_step)}};
  iteration_.for_each_weight([&](const char* name, const float* array, std::size_t count) {
    file.tensors[name] = stored(std::span<const float>(iteration_.memory().values(array, count)));
  });
  write_checkpoint(path, std::move(file));
}

LightCheckpoint read_light(const std::filesystem::path& path) {
  const CheckpointReader reader(path, kLightFormat);
  return {.config = reader.config(), .frames = reader.number("frames")};
}

void Trainer::continue_from(const std::filesystem::path& path) {
  const CheckpointReader reader(path, kLightFormat);
  const TrainConfig there = reader.config();
  if (there.network != config_.network)
    reader.fail(
        fmt::format("holds another network\n  there: {}\n  here:  {}", to_json(there.network), to_json(config_.network)));
  const std::int64_t gradient_steps = reader.number("gradient_steps"), frames_there = reader.number("frames");
  if (frames_there / config_.frames_per_update() >= config_.updates())
    reader.fail(fmt::format("is at frame {}, and this run ends after {}: nothing is left to train; take more frames",
                            frames_there, config_.frames));
  iteration_.for_each_weight(
      [&](const char* name, const float*, std::size_t count) { reader.demand(name, count * sizeof(float)); });
  // From here on nothing is refused.
  iteration_.for_each_weight([&](const char* name, float* array, std::size_t count) {
    iteration_.memory().upload(array, std::span<const float>(reader.floats(name, count)));
  });
  // Schedules go by frames: where an update has another number of them than it had there, the count of updates changes.
  updates_ = frames_there / config_.frames_per_update();
  limit_levels();
  iteration_.env().reset(seed_after(config_.seed, updates_));
  iteration_.begin_anew(
      {.step_call = 0, .update = updates_, .gradient_step = gradient_steps, .learning_rate = 0, .entropy = 0});
  failure_.clear();
}

void Trainer::start_from(const Weights& weights) {
  NetShape shape = weights.shape;
  if (shape.head == NetHead::pooled) shape = for_boards({shape, {}}, config_.network.height, config_.network.width).shape;
  if (shape != config_.network)
    throw BadInput(fmt::format("the weights are of another network\n  there: {}\n  here:  {}", to_json(shape),
                               to_json(config_.network)));
  iteration_.for_each_weight([&](const std::string& name, float* array, std::size_t count) {
    const std::vector<float> zeros(count);
    iteration_.memory().upload(array, std::span<const float>(name == "parameters" ? weights.values : zeros));
  });
  updates_ = 0;
  limit_levels();
  iteration_.env().reset(config_.seed);
  iteration_.begin_anew({});
  failure_.clear();
}

}  // namespace boxwarp
