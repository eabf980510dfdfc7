// Levels from what Python has: paths, text, arrays of cell codes.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <memory>
#include <string>
#include <vector>

#include "host/engine/level_bank.hpp"
#include "levels/error.hpp"

namespace boxwarp::python {

// BadInput that comes from a level or a file of levels.
struct LevelFault : BadInput {
  using BadInput::BadInput;
};

using CodeArray = nanobind::ndarray<const std::uint8_t, nanobind::c_contig, nanobind::device::cpu>;

// All throw LevelFault. skipped: a line for each level that was left out.
std::shared_ptr<const LevelBank> levels_from_paths(const std::vector<std::string>& paths, bool lenient,
                                                   std::vector<std::string>& skipped);
std::shared_ptr<const LevelBank> levels_from_text(const std::string& text, bool lenient, std::vector<std::string>& skipped);
// codes: (H, W) or (L, H, W) cell codes, each level with one player.
std::shared_ptr<const LevelBank> levels_from_codes(const CodeArray& codes);

}  // namespace boxwarp::python
