// Network for Python: unrolls over arrays, what their cells held, and gradients.
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <map>
#include <optional>

#include "host/learner/net_options.hpp"
#include "host/learner/weights.hpp"
#include "host/python/arrays.hpp"
#include "host/python/bindings.hpp"
#include "host/python/network.hpp"
#include "levels/error.hpp"

namespace boxwarp::python {

namespace nb = nanobind;

namespace {

std::size_t size(int number) { return static_cast<std::size_t>(number); }

// What an unroll reads, with shapes that fit the network.
struct Inputs {
  Inputs(const NetShape& shape, const Bytes& cells, const Bytes& starts, const Floats& h, const Floats& c) {
    if (cells.ndim() != 4 || cells.shape(0) == 0 || cells.shape(1) == 0)
      throw BadInput("cells: takes cell codes (T, B, H, W) of one step and board or more");
    steps = cells.shape(0);
    boards = cells.shape(1);
    demand_shape("cells", cells, {steps, boards, size(shape.height), size(shape.width)});
    demand_shape("episode_starts", starts, {steps, boards});
    state = {size(state_layers(shape)), boards, size(shape.height), size(shape.width), size(shape.channels)};
    demand_shape("h", h, state);
    demand_shape("c", c, state);
    view = {.steps = static_cast<int>(steps),
            .boards = static_cast<int>(boards),
            .cells = cells.data(),
            .episode_starts = starts.data(),
            .h_start = h.data(),
            .c_start = c.data(),
            .logits = nullptr,
            .values = nullptr,
            .h_end = nullptr,
            .c_end = nullptr};
  }

  std::size_t steps, boards;
  Shape state;
  UnrollView view;
};

// (logits, values, h, c, number of what was kept)
nb::tuple forward(PythonNetwork& network, const Bytes& cells, const Bytes& starts, const Floats& h, const Floats& c,
                  bool keep) {
  Inputs inputs(network.shape(), cells, starts, h, c);
  NewArray<float> logits({inputs.steps, inputs.boards, size(network.shape().actions)}),
      values({inputs.steps, inputs.boards}), h_end(inputs.state), c_end(inputs.state);
  inputs.view.logits = logits.data();
  inputs.view.values = values.data();
  inputs.view.h_end = h_end.data();
  inputs.view.c_end = c_end.data();
  std::int64_t number = 0;
  {
    const nb::gil_scoped_release unlocked;
    number = network.forward(inputs.view, keep);
  }
  return nb::make_tuple(logits.give(), values.give(), h_end.give(), c_end.give(), number);
}

nb::dict activations(PythonNetwork& network, std::int64_t number, int boards) {
  const NetShape& shape = network.shape();
  const Shape of_one{size(shape.ticks),  size(state_layers(shape)), size(boards),
                     size(shape.height), size(shape.width),         size(shape.channels)};
  std::map<std::string, NewArray<float>> arrays;
  for (const char* name : {"h", "c", "i", "j", "f", "o"}) arrays.emplace(name, of_one);
  const auto at = [&arrays](const char* name) { return arrays.at(name).data(); };
  if (!network.activations(number, {.h = at("h"), .c = at("c"), .i = at("i"), .j = at("j"), .f = at("f"), .o = at("o")}))
    throw DeviceError("activations: " + network.device().name + " does not keep them; take device='cpu'");
  nb::dict result;
  for (const char* name : {"h", "c", "i", "j", "f", "o"}) result[name] = arrays.at(name).give();
  return result;
}

// (grad_parameters, grad_h, grad_c)
nb::tuple backward(PythonNetwork& network, std::int64_t number, const Bytes& cells, const Bytes& starts, const Floats& h,
                   const Floats& c, const Floats& grad_logits, const Floats& grad_values,
                   const std::optional<Floats>& grad_h_end, const std::optional<Floats>& grad_c_end) {
  const Inputs inputs(network.shape(), cells, starts, h, c);
  demand_shape("grad_logits", grad_logits, {inputs.steps, inputs.boards, size(network.shape().actions)});
  demand_shape("grad_values", grad_values, {inputs.steps, inputs.boards});
  if (grad_h_end) demand_shape("grad_h_end", *grad_h_end, inputs.state);
  if (grad_c_end) demand_shape("grad_c_end", *grad_c_end, inputs.state);
  NewArray<float> grad_parameters({parameter_count(network.shape())}), grad_h(inputs.state), grad_c(inputs.state);
  {
    const nb::gil_scoped_release unlocked;
    network.backward(number, inputs.view,
                     {.grad_logits = grad_logits.data(),
                      .grad_values = grad_values.data(),
                      .grad_parameters = grad_parameters.data(),
                      .grad_h_start = grad_h.data(),
                      .grad_c_start = grad_c.data(),
                      .grad_h_end = grad_h_end ? grad_h_end->data() : nullptr,
                      .grad_c_end = grad_c_end ? grad_c_end->data() : nullptr});
  }
  return nb::make_tuple(grad_parameters.give(), grad_h.give(), grad_c.give());
}

}  // namespace

void bind_network(nb::module_& module) {
  nb::class_<PythonNetwork>(module, "Network", "A network of one shape on one device, for unrolls over arrays.")
      .def(
          "__init__",
          [](PythonNetwork* self, const std::string& shape, const std::string& device, int threads,
             const std::string& precision) {
            new (self)
                PythonNetwork(shape_from_json(shape), device, threads, option_named<Precision>("precision", precision));
          },
          nb::arg("shape"), nb::kw_only(), nb::arg("device"), nb::arg("threads"), nb::arg("precision"))
      .def_prop_ro(
          "device", [](const PythonNetwork& network) { return network.device().name; },
          "the device that was taken, in words")
      .def(
          "load",
          [](PythonNetwork& network, const Floats& parameters) {
            const std::span<const float> values(parameters.data(), parameters.size());
            const nb::gil_scoped_release unlocked;
            network.load(values);
          },
          nb::arg("parameters"), "parameters: float32 (P), in the order of parameter_tensors.")
      .def("forward", &forward, nb::arg("cells"), nb::arg("episode_starts"), nb::arg("h"), nb::arg("c"),
           nb::arg("keep") = false,
           "(logits (T, B, A), values (T, B), h, c, number): number is for backward and activations.",
           nb::sig("def forward(self, cells: typing.Any, episode_starts: typing.Any, h: typing.Any, c: typing.Any, "
                   "keep: bool = False) -> tuple[typing.Any, typing.Any, typing.Any, typing.Any, int]"))
      .def("keeps", &PythonNetwork::keeps, nb::arg("number"), "Whether what that forward kept is still there.")
      .def("activations", &activations, nb::arg("number"), nb::arg("boards"),
           "h, c and the gates of each tick and layer, (K, D, B, H, W, C) each, of a forward of one step.",
           nb::sig("def activations(self, number: int, boards: int) -> dict[str, typing.Any]"))
      .def("backward", &backward, nb::arg("number"), nb::arg("cells"), nb::arg("episode_starts"), nb::arg("h"), nb::arg("c"),
           nb::arg("grad_logits"), nb::arg("grad_values"), nb::arg("grad_h_end") = nb::none(),
           nb::arg("grad_c_end") = nb::none(), "(grad_parameters (P), grad_h, grad_c); uses up what that forward kept.",
           nb::sig("def backward(self, number: int, cells: typing.Any, episode_starts: typing.Any, h: typing.Any, "
                   "c: typing.Any, grad_logits: typing.Any, grad_values: typing.Any, grad_h_end: typing.Any = None, "
                   "grad_c_end: typing.Any = None) -> tuple[typing.Any, typing.Any, typing.Any]"));
}

}  // namespace boxwarp::python
