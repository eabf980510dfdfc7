// The state of a VectorEnv as bytes, and back.
#include <fmt/format.h>

#include <cstring>

#include "host/engine/vector_env_memory.hpp"
#include "levels/error.hpp"

namespace boxwarp {

namespace {

// First bytes of what save() gives: what it was saved under must be what it is restored under.
struct SavedHeader {
  char magic[8];
  std::uint64_t levels, step_calls;
  std::int64_t num_envs, total_envs, levels_in_play;
  std::int32_t height, width, min_steps, max_steps;
  std::uint32_t first_environment;
  std::uint8_t observation, layout, element, tile, level_order, auto_reset, symmetry, renewed, actions, solved_rule,
      deadlock, end_on_deadlock;
  float rewards[kOutcomes][2];
};
static_assert(sizeof(SavedHeader) == 112, "no padding, so that equal states are equal bytes");

SavedHeader header_of(const VectorEnvConfig& config, const LevelBank& levels, const EnvOptions& options,
                      std::int64_t levels_in_play, std::uint64_t step_calls, bool renewed) {
  SavedHeader header{.magic = {'b', 'o', 'x', 'e', 'n', 'v', '0', '3'},
                     .levels = levels.fingerprint(),
                     .step_calls = step_calls,
                     .num_envs = config.num_envs,
                     .total_envs = config.total_envs,
                     .levels_in_play = levels_in_play,
                     .height = options.height,
                     .width = options.width,
                     .min_steps = options.min_steps,
                     .max_steps = options.max_steps,
                     .first_environment = config.first_environment,
                     .observation = static_cast<std::uint8_t>(options.format.kind),
                     .layout = static_cast<std::uint8_t>(options.format.layout),
                     .element = static_cast<std::uint8_t>(options.format.element),
                     .tile = static_cast<std::uint8_t>(options.format.tile),
                     .level_order = static_cast<std::uint8_t>(options.level_order),
                     .auto_reset = static_cast<std::uint8_t>(options.auto_reset),
                     .symmetry = options.symmetry,
                     .renewed = renewed,
                     .actions = static_cast<std::uint8_t>(options.actions),
                     .solved_rule = static_cast<std::uint8_t>(options.solved_rule),
                     .deadlock = config.deadlock,
                     .end_on_deadlock = config.end_on_deadlock,
                     .rewards = {}};
  std::memcpy(header.rewards, options.rewards, sizeof header.rewards);
  return header;
}

}  // namespace

std::vector<std::byte> VectorEnv::save() const {
  Memory& m = *memory_;
  m.demand_started("save");
  const SavedHeader header = header_of(m.config, *m.levels, m.options, m.levels_in_play, m.step_calls, m.renewed);
  std::vector<std::byte> bytes(sizeof header);
  std::memcpy(bytes.data(), &header, sizeof header);
  const auto append = [&bytes](auto& array, const char*) {
    const auto content = std::as_bytes(std::span(array.near()));
    bytes.insert(bytes.end(), content.begin(), content.end());
  };
  m.for_each(append);
  if (m.renewed) m.for_each_of_bank(append);
  return bytes;
}

void VectorEnv::restore(std::span<const std::byte> state) {
  Memory& m = *memory_;
  SavedHeader header;
  if (state.size() < sizeof header) throw BadInput("environment state: cut short");
  std::memcpy(&header, state.data(), sizeof header);
  const SavedHeader expected =
      header_of(m.config, *m.levels, m.options, header.levels_in_play, header.step_calls, header.renewed != 0);
  if (std::memcmp(header.magic, expected.magic, sizeof header.magic) != 0)
    throw BadInput("environment state: saved by another version of this program");
  const std::int64_t levels = m.levels->view().count;
  const bool in_play = header.levels_in_play >= 1 && header.levels_in_play <= levels;
  if (!in_play || std::memcmp(&header, &expected, sizeof header) != 0)
    throw BadInput("environment state: saved under another level set, number of environments or options; use the same ones");
  std::size_t needed = sizeof header;
  const auto count = [&needed](const auto& array, const char*) { needed += array.size() * sizeof(*array.data()); };
  m.for_each(count);
  if (header.renewed != 0) {
    m.own_bank();
    m.for_each_of_bank(count);
  }
  if (state.size() != needed)
    throw BadInput(fmt::format("environment state: found {} bytes, takes {}", state.size(), needed));
  std::size_t at = sizeof header;
  const auto take = [&](auto& array, const char*) {
    const auto content = std::as_writable_bytes(std::span(array.written()));
    if (!content.empty()) std::memcpy(content.data(), state.data() + at, content.size());
    at += content.size();
    array.push();
  };
  m.for_each(take);
  if (header.renewed != 0)
    m.for_each_of_bank(take);
  else if (m.renewed)
    m.upload_bank();
  m.renewed = header.renewed != 0;
  m.put_in_play(header.levels_in_play);
  m.step_calls = header.step_calls;
  m.started = true;
}

}  // namespace boxwarp
