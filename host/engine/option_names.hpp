// The names of an environment's options, as C, Python and the command spell them.
#pragma once

#include <string_view>

#include "kernels/env/env.hpp"

namespace boxwarp {

// Throw BadInput that lists what is allowed.
Observation observation_named(std::string_view name);  // none, rgb, planes, planes4, cells, packed, pixels
Layout layout_named(std::string_view name);            // chw, hwc
Element element_named(std::string_view name);          // uint8, bfloat16, float32
AutoReset auto_reset_named(std::string_view name);     // same_step, next_step, disabled
LevelOrder level_order_named(std::string_view name);   // random, sequential
SolvedRule solved_rule_named(std::string_view name);   // boxes_matched, targets_covered

}  // namespace boxwarp
