// Weights as Python passes them: the shape as JSON and a flat array of parameters.
#pragma once

#include <string>
#include <vector>

#include "host/learner/weights.hpp"
#include "host/python/arrays.hpp"
#include "levels/error.hpp"

namespace boxwarp::python {

// BadInput that comes from a file of weights.
struct WeightsFault : BadInput {
  using BadInput::BadInput;
};

// Throws BadInput for a shape that is none, or an array that does not fit it.
Weights weights_of(const std::string& shape, const Floats& values);
nanobind::object array_of(const std::vector<float>& values);

}  // namespace boxwarp::python
