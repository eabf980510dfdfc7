// The words of an environment's options, as C, Python and the command spell them.
#pragma once

#include "kernels/env/env.hpp"
#include "levels/option_words.hpp"

namespace boxwarp {

constexpr auto words(Observation) {
  return std::to_array<Word<Observation>>({{"none", Observation::none},
                                           {"rgb", Observation::rgb},
                                           {"planes", Observation::planes},
                                           {"planes4", Observation::planes4},
                                           {"cells", Observation::cells},
                                           {"packed", Observation::packed},
                                           {"pixels", Observation::pixels}});
}

constexpr auto words(Layout) { return std::to_array<Word<Layout>>({{"chw", Layout::chw}, {"hwc", Layout::hwc}}); }

constexpr auto words(Element) {
  return std::to_array<Word<Element>>({{"uint8", Element::u8}, {"bfloat16", Element::bf16}, {"float32", Element::f32}});
}

constexpr auto words(AutoReset) {
  return std::to_array<Word<AutoReset>>(
      {{"same_step", AutoReset::same_step}, {"next_step", AutoReset::next_step}, {"disabled", AutoReset::disabled}});
}

constexpr auto words(LevelOrder) {
  return std::to_array<Word<LevelOrder>>({{"random", LevelOrder::random}, {"sequential", LevelOrder::sequential}});
}

constexpr auto words(SolvedRule) {
  return std::to_array<Word<SolvedRule>>(
      {{"boxes_matched", SolvedRule::boxes_matched}, {"targets_covered", SolvedRule::targets_covered}});
}

}  // namespace boxwarp
