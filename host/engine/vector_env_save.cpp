// The state of a VectorEnv as bytes, and back.
#include <fmt/format.h>

#include <cstring>
#include <map>

#include "host/engine/saved_state.hpp"
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
  // Where the bytes of each array lie.
  std::map<const void*, std::span<const std::byte>> content;
  std::size_t needed = sizeof header;
  const auto lay = [&](const void* array, std::size_t bytes) {
    if (needed + bytes <= state.size()) content[array] = state.subspan(needed, bytes);
    needed += bytes;
  };
  m.for_each([&lay](const auto& array, const char*) { lay(&array, array.size() * sizeof(*array.data())); });
  if (header.renewed != 0) {
    const auto slots = static_cast<std::size_t>(levels), words = slots * static_cast<std::size_t>(m.bank.words);
    for (const auto* array : {&m.bank_walls, &m.bank_targets, &m.bank_boxes}) lay(array, words * sizeof(std::uint64_t));
    lay(&m.bank_player, slots * sizeof(std::uint16_t));
  }
  if (state.size() != needed)
    throw BadInput(fmt::format("environment state: found {} bytes, takes {}", state.size(), needed));
  demand_playable({.bank = m.bank,
                   .options = m.options,
                   .total_envs = m.config.total_envs,
                   .order_index = content[&m.order_index],
                   .player = content[&m.player],
                   .order_start = content[&m.order_start],
                   .level = content[&m.level],
                   .finished_level = content[&m.finished_level],
                   .steps = content[&m.steps],
                   .cap = content[&m.cap],
                   .matched = content[&m.matched],
                   .idle = content[&m.idle],
                   .terminated = content[&m.terminated],
                   .truncated = content[&m.truncated],
                   .ended = content[&m.ended],
                   .deadlock = content[&m.deadlock],
                   .observation = content[&m.observation],
                   .final_observation = content[&m.final_observation],
                   .bank_player = content[&m.bank_player]},
                  m.count());
  // From here on nothing is refused.
  if (header.renewed != 0) m.own_bank();
  const auto take = [&content](auto& array, const char*) {
    const std::span<const std::byte> from = content[&array];
    const auto to = std::as_writable_bytes(std::span(array.written()));
    if (!to.empty()) std::memcpy(to.data(), from.data(), to.size());
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
