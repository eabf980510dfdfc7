// Levels that a VectorEnv makes itself, where it plays them.
#include <fmt/format.h>

#include <algorithm>

#include "host/engine/vector_env_memory.hpp"
#include "kernels/sokoban/reverse_play.hpp"
#include "levels/error.hpp"

namespace boxwarp {

namespace {

constexpr std::int64_t kNearWorkers = 64, kFarWorkers = 65'536;  // each makes one level at a time

void demand_renewable(const LevelBankView& bank, const ReversePlay& rules, const LevelRange& range,
                      std::int64_t first_slot) {
  if (rules.height < 3 || rules.height > bank.height || rules.width < 3 || rules.width > bank.width)
    throw BadInput(fmt::format("renew_levels: found levels of {}x{}, takes 3x3 to {}x{} (the largest level of the set)",
                               rules.height, rules.width, bank.height, bank.width));
  if (range.first < 0) throw BadInput(fmt::format("renew_levels: found first level {}, takes 0 or more", range.first));
  if (range.count < 1 || first_slot < 0 || range.count > bank.count - first_slot)
    throw BadInput(fmt::format("renew_levels: found levels {} to {}, takes some of the {} of the set", first_slot,
                               first_slot + range.count - 1, bank.count));
}

}  // namespace

// The processor plays from the set itself, which others may share, until it has levels of its own.
void VectorEnv::Memory::own_bank() {
  if (far != nullptr || bank_walls.size() != 0) return;
  const LevelBankView shared = levels->view();
  const auto own = [](auto& array, auto* content, std::int64_t count) {
    array.lie_near({content, static_cast<std::size_t>(count)});
  };
  own(bank_walls, shared.walls, shared.count * shared.words);
  own(bank_targets, shared.targets, shared.count * shared.words);
  own(bank_boxes, shared.boxes, shared.count * shared.words);
  own(bank_player, shared.player, shared.count);
  play_from_own_bank();
}

void VectorEnv::Memory::play_from_own_bank() {
  bank.walls = bank_walls.data();
  bank.targets = bank_targets.data();
  bank.boxes = bank_boxes.data();
  bank.player = bank_player.data();
  bank.records = nullptr;
}

void VectorEnv::device_renew_levels(const ReversePlay& rules, const LevelRange& range, std::int64_t first_slot,
                                    std::uint8_t* made) {
  Memory& m = *memory_;
  demand_renewable(m.levels->view(), rules, range, first_slot);
  m.own_bank();
  const std::int64_t workers = std::min(range.count, m.far != nullptr ? kFarWorkers : kNearWorkers);
  std::byte* const workspace = m.scratch_of(m.device.env->generate_bytes(rules, workers));
  const std::int64_t first_word = first_slot * m.bank.words;
  m.device.env->generate(*m.device.executor, rules, range,
                         {.tier = m.bank.tier,
                          .words = m.bank.words,
                          .walls = m.bank_walls.data() + first_word,
                          .targets = m.bank_targets.data() + first_word,
                          .boxes = m.bank_boxes.data() + first_word,
                          .player = m.bank_player.data() + first_slot,
                          .found = made},
                         workspace, workers);
  m.renewed = true;
  m.for_each_of_bank([](auto& array, const char*) { array.changed(); });
}

std::int64_t VectorEnv::renew_levels(const ReversePlay& rules, const LevelRange& range, std::int64_t first_slot) {
  demand_renewable(memory_->levels->view(), rules, range, first_slot);
  DeviceArray<std::uint8_t> made(memory_->device, static_cast<std::size_t>(range.count), "levels made");
  device_renew_levels(rules, range, first_slot, made.data());
  return std::ranges::count(made.near(), std::uint8_t{1});
}

void VectorEnv::replace_levels(const LevelBank& levels, std::int64_t first_slot) {
  Memory& m = *memory_;
  const LevelBankView set = m.levels->view(), made = levels.view();
  if (made.tier != set.tier || made.words != set.words || made.width > set.width)
    throw BadInput(fmt::format("replace_levels: found levels of {}x{}, takes the size of the set's largest, {}x{}",
                               made.height, made.width, set.height, set.width));
  if (first_slot < 0 || made.count > set.count - first_slot)
    throw BadInput(fmt::format("replace_levels: found levels {} to {}, takes some of the {} of the set", first_slot,
                               first_slot + made.count - 1, set.count));
  m.own_bank();
  const auto put = [&m, &made](auto& array, auto* content, std::int64_t slot, std::int64_t words) {
    auto* const to = array.data() + slot * words;
    const std::size_t count = static_cast<std::size_t>(made.count * words);
    if (m.far != nullptr)
      m.far->upload(to, content, count * sizeof(*content));
    else
      std::copy_n(content, count, to);
    array.changed();
  };
  put(m.bank_walls, made.walls, first_slot, made.words);
  put(m.bank_targets, made.targets, first_slot, made.words);
  put(m.bank_boxes, made.boxes, first_slot, made.words);
  put(m.bank_player, made.player, first_slot, 1);
  m.renewed = true;
}

}  // namespace boxwarp
