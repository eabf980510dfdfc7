// A VectorEnv whose steps stay on the device: nothing is copied and nobody waits until the program asks.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "host/engine/vector_env_memory.hpp"
#include "levels/error.hpp"

namespace boxwarp {

void VectorEnv::Memory::demand_started(const char* what) const {
  if (!started) throw BadInput(fmt::format("{}: called before the first reset; call reset first", what));
}

void VectorEnv::Memory::demand_one_each(std::size_t actions) const {
  demand_started("step");
  if (actions != count()) throw BadInput(fmt::format("step: found {} actions, takes {}", actions, count()));
}

void VectorEnv::Memory::demand_many(int steps) const {
  demand_started("step_many");
  if (config.auto_reset != AutoReset::same_step) throw BadInput("step_many: takes auto_reset same_step");
  if (config.deadlock) throw BadInput("step_many: tells no deadlocks; make the environment without them");
  if (steps < 1) throw BadInput(fmt::format("step_many: found {} steps, takes 1 or more", steps));
}

namespace {

// 64 side by side, of which compilers make vectors that do not wait for one another: of one maximum g++ makes half the
// speed, and of std::max none.
bool all_below(const std::uint8_t* values, std::size_t count, int limit) {
  std::array<std::uint8_t, 64> largest = {};
  std::size_t i = 0;
  for (; i + largest.size() <= count; i += largest.size()) {
    for (std::size_t j = 0; j < largest.size(); ++j) largest[j] = values[i + j] > largest[j] ? values[i + j] : largest[j];
  }
  for (; i < count; ++i) largest[0] = std::max(largest[0], values[i]);
  return *std::max_element(largest.begin(), largest.end()) < limit;
}

}  // namespace

void VectorEnv::Memory::demand_action(std::int64_t action, std::size_t e) {
  const bool good = action >= 0 && action < options.actions;
  if (!good && !ignores_action(e)) throw BadAction(static_cast<std::int64_t>(e), action, options.actions);
}

void VectorEnv::Memory::demand_actions(const std::uint8_t* actions) {
  if (all_below(actions, count(), options.actions)) return;
  for (std::size_t e = 0; e < count(); ++e) demand_action(actions[e], e);
}

void VectorEnv::Memory::step(const std::uint8_t* actions, const EnvOutputView& told) {
  device.env->step(*device.executor, bank, options, state, told, actions);
  worked();
  ++step_calls;
}

// In its own arrays where they are kept, else in the engine's.
EnvOutputView VectorEnv::Memory::told_by(const DeviceSteps& steps, std::size_t t) const {
  const std::size_t first = t * count();
  EnvOutputView told = output;
  if (steps.observations != nullptr) told.observation = steps.observations + first * bytes;
  if (steps.rewards != nullptr) told.reward = steps.rewards + first;
  if (flags_stay()) return told;
  if (steps.terminated != nullptr) told.terminated = steps.terminated + first;
  if (steps.truncated != nullptr) told.truncated = steps.truncated + first;
  return told;
}

void VectorEnv::Memory::copy_flags(const DeviceSteps& steps, std::size_t t) const {
  const auto copy = [&](std::uint8_t* rows, const std::uint8_t* from) {
    if (rows == nullptr) return;
    if (far != nullptr) return far->copy(rows + t * count(), from, count());
    std::copy_n(from, count(), rows + t * count());
  };
  copy(steps.terminated, output.terminated);
  copy(steps.truncated, output.truncated);
}

void VectorEnv::Memory::step_series(const DeviceSteps& steps, std::size_t how_many) {
  const bool are_checked = far != nullptr || all_below(steps.actions, how_many * count(), options.actions);
  const bool copies_flags = flags_stay() && (steps.terminated != nullptr || steps.truncated != nullptr);
  if (are_checked && !copies_flags && how_many > 1 && device.env->step_series != nullptr) {
    series.clear();
    for (std::size_t t = 0; t < how_many; ++t) series.push_back(told_by(steps, t));
    device.env->step_series(*device.executor, bank, options, state, series, steps.actions);
    worked();
    step_calls += how_many;
    return;
  }
  for (std::size_t t = 0; t < how_many; ++t) {
    const std::uint8_t* actions = steps.actions + t * count();
    if (!are_checked) demand_actions(actions);
    step(actions, told_by(steps, t));
    if (copies_flags) copy_flags(steps, t);
  }
}

void VectorEnv::Memory::step_many(const std::uint8_t* actions, int steps, const PlayTotals& totals) {
  device.env->step_many(*device.executor, bank, options, state, totals, actions, step_calls, steps);
  worked();
  step_calls += static_cast<std::uint64_t>(steps);
}

namespace {

// Where nothing can be recorded, the work is done anew at each launch.
class WorkDoneAnew : public Recording {
 public:
  explicit WorkDoneAnew(std::function<void()> work) : work_(std::move(work)) {}
  void launch() override { work_(); }

 private:
  std::function<void()> work_;
};

}  // namespace

// Work that a device recorded, and what the engine must know of each launch.
class VectorEnv::RecordedWork : public Recording {
 public:
  RecordedWork(Memory& memory, const std::string& name, int steps, const std::function<void()>& work)
      : memory_(memory), steps_(static_cast<std::uint64_t>(steps)) {
    const NobodyIsStepped yet(memory_);
    inner_ = memory_.far->record(name, work);
  }
  void launch() override {
    const std::uint64_t before = memory_.step_calls;
    inner_->launch();
    memory_.worked();
    memory_.step_calls = before + steps_;
  }

 private:
  // Steps that are recorded count as taken until then, even if the work throws.
  class NobodyIsStepped {
   public:
    explicit NobodyIsStepped(Memory& memory) : memory_(memory), before_(memory.step_calls) {}
    ~NobodyIsStepped() { memory_.step_calls = before_; }
    NobodyIsStepped(const NobodyIsStepped&) = delete;
    NobodyIsStepped& operator=(const NobodyIsStepped&) = delete;

   private:
    Memory& memory_;
    std::uint64_t before_;
  };

  Memory& memory_;
  std::uint64_t steps_;
  std::unique_ptr<Recording> inner_;
};

std::unique_ptr<Recording> VectorEnv::device_record(const DeviceSteps& steps, int count) {
  if (count < 1) throw BadInput(fmt::format("device_record: found {} steps, takes 1 or more", count));
  return device_record("steps", count, [this, steps, count] { device_step(steps, count); });
}

std::unique_ptr<Recording> VectorEnv::device_record(const std::string& name, int steps, const std::function<void()>& work) {
  Memory& m = *memory_;
  m.demand_started("device_record");
  if (m.far == nullptr) return std::make_unique<WorkDoneAnew>(work);
  return std::make_unique<RecordedWork>(m, name, steps, work);
}

void VectorEnv::synchronize() const {
  if (memory_->far != nullptr) memory_->far->synchronize();
}

const EnvStateView& VectorEnv::device_state() const { return memory_->state; }
const EnvOutputView& VectorEnv::device_output() const { return memory_->output; }
const std::vector<MemoryPart>& VectorEnv::memory_parts() const { return memory_->parts; }

std::size_t VectorEnv::memory_bytes() const {
  std::size_t sum = 0;
  for (const MemoryPart& part : memory_->parts) sum += part.bytes;
  return sum;
}

void VectorEnv::device_step(const std::uint8_t* actions) { device_step({.actions = actions}, 1); }

void VectorEnv::device_step(const DeviceSteps& steps, int count) {
  memory_->demand_started("step");
  if (count < 1) throw BadInput(fmt::format("device_step: found {} steps, takes 1 or more", count));
  memory_->step_series(steps, static_cast<std::size_t>(count));
}

void VectorEnv::device_step_many(const std::uint8_t* actions, int steps, const PlayTotals& totals) {
  Memory& m = *memory_;
  if (m.far == nullptr && actions != nullptr) {
    return step_many(std::span(actions, m.count() * static_cast<std::size_t>(steps < 1 ? 0 : steps)), steps, totals);
  }
  m.demand_many(steps);
  m.step_many(actions, steps, totals);
}

void VectorEnv::device_random_actions(std::uint8_t* actions) const {
  const Memory& m = *memory_;
  m.demand_started("random_actions");
  m.device.env->random_actions(*m.device.executor, m.options, m.state, m.step_calls, actions);
}

}  // namespace boxwarp
