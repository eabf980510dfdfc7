// Options of environments as Python gives them: read and checked one by one, so that everything that is wrong is told at
// once.
#pragma once

#include <nanobind/nanobind.h>

#include <string>
#include <vector>

#include "host/python/engine.hpp"

namespace boxwarp::python {

// given: every keyword of make_vec that is not the package's own. mistakes: what the package found wrong with those.
// Throws BadInput that lists them and all others but a size that is below that of the levels, which come later;
// DeviceError where only the device is not there.
EnvironmentOptions environment_options(std::vector<std::string> mistakes, const nanobind::kwargs& given);

// Starts all environments under a seed, or each under its own. given: as make_vec takes seed and seeds. Throws BadInput.
void reset_seeds(Engine& engine, nanobind::handle given);

}  // namespace boxwarp::python
