// Saving and restoring a trainer: weights, Adam's moments, environments, recurrent state and counters in one safetensors
// file with a checksum over all of them. The file is the same whatever device it was written on.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/learner/checkpoint_file.hpp"
#include "host/learner/trainer.hpp"

namespace boxwarp {

namespace {

// The part of a configuration that must not change when a run goes on; its length, how often it saves and how its device
// computes may.
nlohmann::ordered_json fixed_part(const TrainConfig& config) {
  auto json = to_json(config);
  if (config.schedule_frames != 0) json.erase("frames");
  for (const char* member : {"checkpoint_minutes", "snapshot_frames", "precision", "recompute"}) json.erase(member);
  return json;
}

// A line for each setting that differs.
std::string differences(const nlohmann::ordered_json& there, const nlohmann::ordered_json& here) {
  const auto values_there = there.flatten(), values_here = here.flatten();
  std::string lines;
  for (const auto& [pointer, value] : values_here.items()) {
    if (!values_there.contains(pointer) || values_there[pointer] == value) continue;
    std::string name = pointer.substr(1);
    std::ranges::replace(name, '/', '.');
    lines += fmt::format("\n  {}: {} there, {} here", name, values_there[pointer].dump(), value.dump());
  }
  return lines;
}

// Copies an array where operations work to a tensor, and back.
struct Keeper {
  const WorkMemory& memory;
  Safetensors& file;
  template <class T>
  void operator()(const char* name, const T* array, std::size_t count) const {
    file.tensors[name] = stored(std::span<const T>(memory.values(array, count)));
  }
};

// Whether a file has all of the arrays, before the first of them is given.
struct Demander {
  const CheckpointReader& reader;
  template <class T>
  void operator()(const char* name, const T*, std::size_t count) const {
    reader.demand(name, count * sizeof(T));
  }
};

struct Giver {
  WorkMemory& memory;
  const CheckpointReader& reader;
  void operator()(const char* name, float* array, std::size_t count) const {
    memory.upload(array, std::span<const float>(reader.floats(name, count)));
  }
  void operator()(const char* name, std::uint8_t* array, std::size_t count) const {
    memory.upload(array, std::span<const std::uint8_t>(reader.bytes(name, count)));
  }
};

}  // namespace

void Trainer::save(const std::filesystem::path& path) const {
  if (!failure_.empty()) throw std::runtime_error(failure_);
  Safetensors file;
  file.metadata = {{"format", kCompleteFormat},
                   {"config", fixed_part(config_).dump()},
                   {"updates", std::to_string(updates_)},
                   {"gradient_steps", std::to_string(iteration_.clock().gradient_step)}};
  const Keeper keep{iteration_.memory(), file};
  iteration_.for_each_weight(keep);
  iteration_.for_each_state(keep);
  file.tensors["environments"] = stored(std::span<const std::byte>(iteration_.env().save()));
  write_checkpoint(path, std::move(file));
}

void Trainer::restore(const std::filesystem::path& path) {
  const CheckpointReader reader(path, kCompleteFormat);
  if (const TrainConfig there = reader.config(); fixed_part(there) != fixed_part(config_))
    reader.fail("was written under another configuration" + differences(fixed_part(there), fixed_part(config_)));
  const std::int64_t updates = reader.number("updates"), gradient_steps = reader.number("gradient_steps");
  const Demander demand{reader};
  iteration_.for_each_weight(demand);
  iteration_.for_each_state(demand);
  iteration_.env().restore(reader.tensor("environments").data);  // refuses before it changes anything, and is the last to
  const Giver give{iteration_.memory(), reader};
  iteration_.for_each_weight(give);
  iteration_.for_each_state(give);
  iteration_.set({.step_call = iteration_.env().step_calls(),
                  .update = updates,
                  .gradient_step = gradient_steps,
                  .learning_rate = 0,
                  .entropy = 0});
  updates_ = updates;
  failure_.clear();
}

}  // namespace boxwarp
