// Engine for Python: a constructor with every option, and arrays that are views of the engine's memory.
#include <fmt/format.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <array>
#include <optional>
#include <utility>

#include "host/engine/option_names.hpp"
#include "host/python/bindings.hpp"
#include "host/python/engine.hpp"
#include "host/python/env_options.hpp"
#include "host/python/wording.hpp"
#include "levels/error.hpp"

namespace boxwarp::python {

namespace nb = nanobind;

namespace {

// A view of memory that belongs to the engine, or to its device: a NumPy array where that can hold it, else an object with
// __dlpack__.
nb::object view(const Engine& engine, void* data, std::vector<std::size_t> shape, nb::dlpack::dtype type, nb::handle owner) {
  const bool numpy_has_it = type.code != static_cast<std::uint8_t>(nb::dlpack::dtype_code::Bfloat);
  if (engine.on_processor() && numpy_has_it)
    return nb::cast(nb::ndarray<nb::numpy>(data, shape.size(), shape.data(), owner, nullptr, type));
  const int device = engine.on_processor() ? nb::device::cpu::value : nb::device::cuda::value;
  return nb::cast(
      nb::ndarray<nb::array_api>(data, shape.size(), shape.data(), owner, nullptr, type, device, engine.cuda_index()));
}

// Shape of one observation and the type of its elements.
std::pair<std::vector<std::size_t>, nb::dlpack::dtype> picture_of(const VectorEnv& env) {
  const VectorEnvConfig& config = env.config();
  const auto h = static_cast<std::size_t>(env.height()), w = static_cast<std::size_t>(env.width());
  const auto tile = static_cast<std::size_t>(config.tile),
             channels = static_cast<std::size_t>(channels_of(config.observation));
  nb::dlpack::dtype type = nb::dtype<std::uint8_t>();
  switch (config.observation) {
    case Observation::none: return {{0}, type};
    case Observation::cells: return {{h, w}, type};
    case Observation::pixels: return {{h * tile, w * tile, channels}, type};
    case Observation::packed: {
      std::vector<std::size_t> shape{4};
      if (env.observation_bytes() != 4 * sizeof(std::uint64_t)) shape.push_back(h);
      return {shape, nb::dtype<std::uint64_t>()};
    }
    default: break;
  }
  const bool planes = config.observation != Observation::rgb;
  if (planes && config.element == Element::f32) type = nb::dtype<float>();
  if (planes && config.element == Element::bf16) type = {static_cast<std::uint8_t>(nb::dlpack::dtype_code::Bfloat), 16, 1};
  if (config.layout == Layout::hwc) return {{h, w, channels}, type};
  return {{channels, h, w}, type};
}

nb::object observations(Engine& engine, int buffer, bool final_ones) {
  auto [shape, type] = picture_of(engine.env());
  shape.insert(shape.begin(), static_cast<std::size_t>(engine.env().num_envs()));
  std::uint8_t* data = final_ones ? engine.env().device_output().final_observation : engine.observations(buffer);
  return view(engine, data, shape, type, nb::find(engine));
}

template <class T>
nb::object per_env(Engine& engine, const T* data) {
  return view(engine, const_cast<T*>(data), {static_cast<std::size_t>(engine.env().num_envs())}, nb::dtype<T>(),
              nb::find(engine));
}

nb::object flags(Engine& engine, const std::uint8_t* data) { return per_env(engine, reinterpret_cast<const bool*>(data)); }

// Results of many steps in one call: arrays of their own.
nb::object step_many(Engine& engine, const std::optional<AnyArray>& actions, int steps) {
  const auto n = static_cast<std::size_t>(engine.env().num_envs());
  struct Totals {
    std::vector<float> reward;
    std::vector<std::int32_t> episodes, solved;
  };
  auto totals =
      std::make_unique<Totals>(Totals{std::vector<float>(n), std::vector<std::int32_t>(n), std::vector<std::int32_t>(n)});
  {
    const nb::gil_scoped_release unlocked;
    engine.step_many(actions ? &*actions : nullptr, steps, totals->reward, totals->episodes, totals->solved);
  }
  Totals* kept = totals.release();
  const nb::capsule owner(kept, [](void* address) noexcept { delete static_cast<Totals*>(address); });
  return nb::make_tuple(nb::ndarray<nb::numpy, float>(kept->reward.data(), {n}, owner),
                        nb::ndarray<nb::numpy, std::int32_t>(kept->episodes.data(), {n}, owner),
                        nb::ndarray<nb::numpy, std::int32_t>(kept->solved.data(), {n}, owner));
}

using Mask = nb::ndarray<const bool, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using LevelIds = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

void reset(Engine& engine, const std::optional<Mask>& mask, const std::optional<LevelIds>& ids) {
  std::span<const std::uint8_t> chosen;
  std::span<const std::int64_t> levels;
  if (mask) chosen = {reinterpret_cast<const std::uint8_t*>(mask->data()), mask->size()};
  if (ids) levels = {ids->data(), ids->size()};
  engine.reset(chosen, levels);
}

// What has no __dlpack__, such as a list, goes through NumPy.
void step(Engine& engine, nb::handle given) {
  AnyArray actions;
  if (!nb::try_cast(given, actions) || !actions.is_valid()) {
    try {
      actions = nb::cast<AnyArray>(nb::module_::import_("numpy").attr("asarray")(given));
    } catch (const std::exception&) {  // NumPy's, or that it is no array of numbers
      throw BadInput(fmt::format("step: found actions {}, takes an array of int32, int64 or uint8", shown(given)));
    }
  }
  const nb::gil_scoped_release unlocked;
  engine.step(actions);
}

// The board as any picture: uint8 (N, ...) in an array of its own.
nb::object render(Engine& engine, int tile) {
  const auto h = static_cast<std::size_t>(engine.env().height() * tile),
             w = static_cast<std::size_t>(engine.env().width() * tile);
  const auto n = static_cast<std::size_t>(engine.env().num_envs());
  auto* picture = new std::vector<std::uint8_t>(n * h * w * 3);
  const nb::capsule owner(picture, [](void* address) noexcept { delete static_cast<std::vector<std::uint8_t>*>(address); });
  {
    const nb::gil_scoped_release unlocked;
    engine.render(tile, *picture);
  }
  return nb::cast(nb::ndarray<nb::numpy, std::uint8_t>(picture->data(), {n, h, w, 3}, owner));
}

}  // namespace

void bind_engine(nb::module_& module) {
  const auto unlocked = nb::call_guard<nb::gil_scoped_release>();
  nb::class_<EnvironmentOptions>(module, "EnvironmentOptions", "Options of environments that have been checked.");
  module.def("environment_options", &environment_options, nb::arg("mistakes"), nb::arg("given"),
             "InputError with these mistakes and all that are in the options.",
             nb::sig("def environment_options(mistakes: collections.abc.Sequence[str], **given: typing.Any) "
                     "-> EnvironmentOptions"));
  nb::class_<Engine>(module, "Engine", "N environments stepped together; arrays are views of its memory.")
      .def(
          "__init__",
          [](Engine* self, std::shared_ptr<const LevelBank> levels, const EnvironmentOptions& options) {
            const nb::gil_scoped_release released;
            new (self) Engine(std::move(levels), options);
          },
          nb::arg("levels"), nb::arg("options"))
      .def_prop_ro(
          "device", [](const Engine& e) { return e.device().name; }, "the device that was taken, in words")
      .def_prop_ro(
          "note", [](const Engine& e) { return e.device().note; }, "why no GPU is used, or empty")
      .def_prop_ro("on_processor", &Engine::on_processor)
      .def_prop_ro("height", [](const Engine& e) { return e.env().height(); })
      .def_prop_ro("width", [](const Engine& e) { return e.env().width(); })
      .def_prop_ro(
          "observation_shape", [](const Engine& e) { return picture_of(e.env()).first; }, "of one environment")
      .def_prop_ro(
          "num_actions", [](const Engine& e) { return e.env().num_actions(); }, "4, or 5 with no_op")
      .def_prop_ro("memory_bytes", [](const Engine& e) { return e.env().memory_bytes(); })
      .def_prop_ro("buffer", &Engine::buffer, "which observation buffer was written last")
      .def(
          "observations", [](Engine& e, int buffer) { return observations(e, buffer, false); }, nb::arg("buffer") = 0,
          nb::sig("def observations(self, buffer: int = 0) -> typing.Any"))
      .def("final_observations", [](Engine& e) { return observations(e, 0, true); })
      .def("rewards", [](Engine& e) { return per_env(e, e.env().device_output().reward); })
      .def("terminated", [](Engine& e) { return flags(e, e.env().device_output().terminated); })
      .def("truncated", [](Engine& e) { return flags(e, e.env().device_output().truncated); })
      .def("level_ids", [](Engine& e) { return per_env(e, e.env().device_state().level); })
      .def("finished_level_ids", [](Engine& e) { return per_env(e, e.env().device_output().finished_level); })
      .def("episode_lengths", [](Engine& e) { return per_env(e, e.env().device_output().episode_length); })
      .def("episode_matched", [](Engine& e) { return per_env(e, e.env().device_output().episode_matched); })
      .def("episode_returns",
           [](Engine& e) {
             const std::size_t n = e.returns().size();
             return nb::ndarray<nb::numpy, double>(e.returns().data(), {n}, nb::find(e));
           })
      .def("reset", &reset, nb::arg("mask") = nb::none(), nb::arg("level_ids") = nb::none(), unlocked)
      .def("reset_seeds", &reset_seeds, nb::arg("seed"), nb::sig("def reset_seeds(self, seed: typing.Any) -> None"))
      .def("step", &step, nb::arg("actions").none(), nb::sig("def step(self, actions: typing.Any) -> None"))
      .def("step_many", &step_many, nb::arg("actions").none(), nb::arg("steps"),
           nb::sig("def step_many(self, actions: numpy.typing.NDArray[numpy.uint8] | None, steps: int) -> "
                   "tuple[numpy.typing.NDArray[numpy.float32], numpy.typing.NDArray[numpy.int32], "
                   "numpy.typing.NDArray[numpy.int32]]"))
      .def("random_actions",
           [](Engine& e) {
             const auto n = static_cast<std::size_t>(e.env().num_envs());
             auto* actions = new std::vector<std::uint8_t>(n);
             const nb::capsule owner(actions, [](void* at) noexcept { delete static_cast<std::vector<std::uint8_t>*>(at); });
             {
               const nb::gil_scoped_release released;
               e.random_actions(*actions);
             }
             return nb::ndarray<nb::numpy, std::uint8_t>(actions->data(), {n}, owner);
           })
      .def("render", &render, nb::arg("tile"), nb::sig("def render(self, tile: int) -> numpy.typing.NDArray[numpy.uint8]"))
      .def("synchronize", &Engine::synchronize, unlocked)
      .def("wait_for", &Engine::wait_for, nb::arg("stream"), unlocked,
           "Work that follows starts after what this CUDA stream has now.")
      .def("make_wait", &Engine::make_wait, nb::arg("stream"), unlocked,
           "What this CUDA stream gets from now on starts after our work.")
      .def("save",
           [](Engine& e) {
             std::vector<std::byte> state;
             {
               const nb::gil_scoped_release released;
               state = e.save();
             }
             return nb::bytes(state.data(), state.size());
           })
      .def("restore", [](Engine& e, const nb::bytes& state) {
        const std::span bytes(static_cast<const std::byte*>(state.data()), state.size());
        const nb::gil_scoped_release released;
        e.restore(bytes);
      });
}

}  // namespace boxwarp::python
