// Weights for Python: a shape as JSON and one flat array, from files and back.
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <tuple>

#include "host/learner/net_options.hpp"
#include "host/learner/weights.hpp"
#include "host/python/arrays.hpp"
#include "host/python/bindings.hpp"
#include "host/python/weights.hpp"

namespace boxwarp::python {

namespace nb = nanobind;

Weights weights_of(const std::string& shape, const Floats& values) {
  Weights weights{shape_from_json(shape), {}};
  demand_shape("parameters", values, {parameter_count(weights.shape)});
  weights.values.assign(values.data(), values.data() + values.size());
  return weights;
}

nb::object array_of(const std::vector<float>& values) {
  NewArray<float> array({values.size()});
  std::ranges::copy(values, array.data());
  return array.give();
}

void bind_weights(nb::module_& module) {
  module.def(
      "load_weights",
      [](const std::string& path) {
        std::string note;
        try {
          const Weights weights = load_weights(path, &note);
          return nb::make_tuple(to_json(weights.shape), array_of(weights.values), note);
        } catch (const BadInput& error) {
          throw WeightsFault(error.what());
        }
      },
      nb::arg("path"), "(shape as JSON, float32 (P), what had to be assumed).",
      nb::sig("def load_weights(path: str) -> tuple[str, typing.Any, str]"));
  module.def(
      "save_weights",
      [](const std::string& path, const std::string& shape, const Floats& values, const std::string& names) {
        save_weights(path, weights_of(shape, values), option_named<WeightNames>("names", names));
      },
      nb::arg("path"), nb::arg("shape"), nb::arg("values"), nb::arg("names"),
      nb::sig("def save_weights(path: str, shape: str, values: typing.Any, names: str) -> None"));
  module.def(
      "initial_weights",
      [](const std::string& shape, float head_gain, std::uint64_t seed) {
        return array_of(initial_weights(shape_from_json(shape), head_gain, seed));
      },
      nb::arg("shape"), nb::arg("head_gain"), nb::arg("seed"), "The published initialisation, float32 (P).",
      nb::sig("def initial_weights(shape: str, head_gain: float, seed: int) -> typing.Any"));
  module.def(
      "shape_for_boards",
      [](const std::string& shape, int height, int width) {
        return to_json(for_boards({shape_from_json(shape), {}}, height, width).shape);
      },
      nb::arg("shape"), nb::arg("height"), nb::arg("width"), "The same network for boards of another size.");
  module.def(
      "full_shape", [](const std::string& shape) { return to_json(shape_from_json(shape)); }, nb::arg("shape"),
      "A shape with the members that were left out.");
  module.def(
      "network_name", [](const std::string& shape) { return name_of(shape_from_json(shape)); }, nb::arg("shape"));
  module.def(
      "parameter_tensors",
      [](const std::string& shape) {
        std::vector<std::tuple<std::string, std::vector<std::int64_t>, std::size_t>> result;
        for (const ParameterTensor& tensor : parameter_tensors(shape_from_json(shape)))
          result.emplace_back(tensor.name, tensor.shape, tensor.offset);
        return result;
      },
      nb::arg("shape"), "(name, shape, index of its first element) of each tensor of the flat array, in order.");
}

}  // namespace boxwarp::python
