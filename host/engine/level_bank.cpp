#include "host/engine/level_bank.hpp"

#include "levels/error.hpp"

namespace boxwarp {

LevelBank::LevelBank(LevelSet levels, bool large)
    : levels_(std::move(levels)), tier_(levels_.fits_small() && !large ? Tier::small : Tier::large) {
  if (levels_.size() == 0) throw BadInput("a level set without levels cannot be played: name at least one level");
  const auto count = static_cast<std::size_t>(levels_.size());
  const std::size_t words = tier_ == Tier::small ? 1 : static_cast<std::size_t>(levels_.height());
  for (auto* plane : {&walls_, &targets_, &boxes_}) plane->reserve(count * words);
  player_.reserve(count);
  if (tier_ == Tier::small) records_.reserve(count);
  for (std::int64_t id = 0; id < levels_.size(); ++id) {
    const LevelRows level = levels_.level(id);
    if (tier_ == Tier::small) {
      // without the last row, which is rim
      walls_.push_back(interior_of(level.walls.data(), level.height - 1, ~Row{0}));
      targets_.push_back(interior_of(level.targets.data(), level.height - 1, 0));
      boxes_.push_back(interior_of(level.boxes.data(), level.height - 1, 0));
      player_.push_back(static_cast<std::uint16_t>(kSmallInterior * (level.player.row - 1) + level.player.column - 1));
      records_.push_back({walls_.back(), targets_.back(), boxes_.back(), player_.back()});
      continue;
    }
    for (std::size_t row = 0; row < words; ++row) {
      const bool inside = row < level.walls.size();
      walls_.push_back(inside ? level.walls[row] : ~Row{0});
      targets_.push_back(inside ? level.targets[row] : 0);
      boxes_.push_back(inside ? level.boxes[row] : 0);
    }
    player_.push_back(static_cast<std::uint16_t>(kLargestSize * level.player.row + level.player.column));
  }
}

LevelBankView LevelBank::view() const {
  return {.tier = tier_,
          .height = levels_.height(),
          .width = levels_.width(),
          .count = levels_.size(),
          .words = tier_ == Tier::small ? 1 : levels_.height(),
          .walls = walls_.data(),
          .targets = targets_.data(),
          .boxes = boxes_.data(),
          .player = player_.data(),
          .records = tier_ == Tier::small ? records_.data() : nullptr};
}

std::size_t LevelBank::memory_bytes() const {
  return (walls_.size() + targets_.size() + boxes_.size()) * sizeof(std::uint64_t) + player_.size() * sizeof(std::uint16_t) +
         records_.size() * sizeof(LevelRecord);
}

std::uint64_t LevelBank::fingerprint() const {
  std::uint64_t hash = 0xcbf29ce484222325u;  // with the numbers of FNV-1a, but word by word, and high bits come down, too
  const auto mix = [&hash](std::uint64_t word) { hash = (hash ^ word) * 0x100000001b3u ^ hash >> 29; };
  mix(static_cast<std::uint64_t>(levels_.height()) << 32 | static_cast<std::uint64_t>(levels_.width()));
  for (const auto* plane : {&walls_, &targets_, &boxes_})
    for (const std::uint64_t word : *plane) mix(word);
  for (const std::uint16_t word : player_) mix(word);
  return hash;
}

}  // namespace boxwarp
