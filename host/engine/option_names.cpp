#include "host/engine/option_names.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "levels/error.hpp"

namespace boxwarp {

namespace {

template <class Value, std::size_t kCount>
Value named(const char* option, std::string_view name, const std::pair<std::string_view, Value> (&allowed)[kCount]) {
  std::string names;
  for (const auto& [candidate, value] : allowed) {
    if (candidate == name) return value;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", candidate);
  }
  throw BadInput(fmt::format("{}: found '{}', takes one of {}", option, name, names));
}

}  // namespace

Observation observation_named(std::string_view name) {
  return named<Observation>("observation", name,
                            {{"none", Observation::none},
                             {"rgb", Observation::rgb},
                             {"planes", Observation::planes},
                             {"planes4", Observation::planes4},
                             {"cells", Observation::cells},
                             {"packed", Observation::packed},
                             {"pixels", Observation::pixels}});
}

Layout layout_named(std::string_view name) {
  return named<Layout>("layout", name, {{"chw", Layout::chw}, {"hwc", Layout::hwc}});
}

Element element_named(std::string_view name) {
  return named<Element>("dtype", name, {{"uint8", Element::u8}, {"bfloat16", Element::bf16}, {"float32", Element::f32}});
}

AutoReset auto_reset_named(std::string_view name) {
  return named<AutoReset>(
      "autoreset", name,
      {{"same_step", AutoReset::same_step}, {"next_step", AutoReset::next_step}, {"disabled", AutoReset::disabled}});
}

LevelOrder level_order_named(std::string_view name) {
  return named<LevelOrder>("level_order", name, {{"random", LevelOrder::random}, {"sequential", LevelOrder::sequential}});
}

SolvedRule solved_rule_named(std::string_view name) {
  return named<SolvedRule>("solved_rule", name,
                           {{"boxes_matched", SolvedRule::boxes_matched}, {"targets_covered", SolvedRule::targets_covered}});
}

}  // namespace boxwarp
