// A level set in the form that environments play from.
#pragma once

#include <cstdint>
#include <vector>

#include "host/engine/whole_pages.hpp"
#include "kernels/env/env.hpp"
#include "levels/level_set.hpp"

namespace boxwarp {

class LevelBank {
 public:
  // The small tier where every level of the set fits it, unless large is asked for.
  explicit LevelBank(LevelSet levels, bool large = false);

  LevelBankView view() const;
  const LevelSet& levels() const { return levels_; }
  std::size_t memory_bytes() const;
  // Differs between sets that play differently; the same on every machine.
  std::uint64_t fingerprint() const;

 private:
  LevelSet levels_;
  Tier tier_;
  std::vector<std::uint64_t, WholePages<std::uint64_t>> walls_, targets_, boxes_;
  std::vector<std::uint16_t, WholePages<std::uint16_t>> player_;
  std::vector<LevelRecord, WholePages<LevelRecord>> records_;  // of the small tier
};

}  // namespace boxwarp
