#include "host/python/env_options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nanobind/stl/string.h>

#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "host/engine/option_names.hpp"
#include "host/python/wording.hpp"
#include "levels/error.hpp"

namespace boxwarp::python {

namespace nb = nanobind;

namespace {

constexpr char kSeeds[] = "whole numbers from 0 to 18446744073709551615";

// Whole numbers of Python and NumPy; neither booleans nor what would have to be rounded.
template <class Integer>
bool read(nb::handle value, Integer& to) {
  if (PyBool_Check(value.ptr()) || !PyIndex_Check(value.ptr())) return false;
  const nb::object index = nb::steal(PyNumber_Index(value.ptr()));
  if (!index.is_valid()) {
    PyErr_Clear();
    return false;
  }
  return nb::try_cast(index, to);
}

bool read(nb::handle value, double& to) {
  if (PyBool_Check(value.ptr()) || !PyNumber_Check(value.ptr())) return false;
  const double number = PyFloat_AsDouble(value.ptr());
  if (PyErr_Occurred() != nullptr) {
    PyErr_Clear();
    return false;
  }
  if (!std::isfinite(number)) return false;
  to = number;
  return true;
}

bool read(nb::handle value, bool& to) { return nb::try_cast(value, to); }
bool read(nb::handle value, std::string& to) { return PyUnicode_Check(value.ptr()) && nb::try_cast(value, to); }

template <class T>
bool read_each(nb::handle values, std::vector<T>& to) {
  if (PyUnicode_Check(values.ptr()) || PySequence_Check(values.ptr()) == 0 || nb::len(values) != to.size()) return false;
  std::size_t i = 0;
  for (T& element : to)
    if (!read(values[i++], element)) return false;
  return true;
}

class Reader {
 public:
  Reader(const nb::kwargs& given, std::vector<std::string> mistakes) : given_(given), mistakes_(std::move(mistakes)) {}

  // Leaves `to` as it is, and tells, where what is given is not what it takes.
  template <class T>
  bool take(const char* name, T& to, const char* takes) {
    if (read(given_[name], to)) return true;
    refuse(name, takes);
    return false;
  }
  template <HasWords Option>
  void word(const char* name, Option& to) {
    std::string text;
    const auto found = read(given_[name], text) ? option_of<Option>(text) : std::nullopt;
    if (!found) return refuse(name, ("one of " + words_of(Option{})).c_str());
    to = *found;
  }
  template <class T>
  bool each(const char* name, std::vector<T>& to, const char* takes) {
    std::vector<T> values(to.size());  // all or none of them
    if (!read_each(given_[name], values)) {
      refuse(name, takes);
      return false;
    }
    to = std::move(values);
    return true;
  }
  nb::handle given(const char* name) const { return given_[name]; }
  void refuse(const char* name, const char* takes) {
    add(fmt::format("{}: found {}, takes {}", name, shown(given_[name]), takes));
  }
  void add(std::string mistake) { mistakes_.push_back(std::move(mistake)); }
  bool is_fine() const { return mistakes_.empty(); }
  void demand_fine() const {
    if (!is_fine()) throw BadInput(fmt::format("environment: {}", fmt::join(mistakes_, "; ")));
  }

 private:
  const nb::kwargs& given_;
  std::vector<std::string> mistakes_;
};

}  // namespace

EnvironmentOptions environment_options(std::vector<std::string> mistakes, const nb::kwargs& given) {
  Reader reader(given, std::move(mistakes));
  EnvironmentOptions options;
  VectorEnvConfig& config = options.config;
  // What one mistake leaves as it is here must not look like another.
  config.min_steps = 1;
  config.max_steps = std::numeric_limits<int>::max();
  const bool counted = reader.take("num_envs", config.num_envs, "a whole number");
  reader.word("observation", config.observation);
  reader.word("layout", config.layout);
  reader.word("dtype", config.element);
  reader.take("tile", config.tile, "8 or 16");
  reader.word("autoreset", config.auto_reset);
  reader.word("level_order", config.level_order);
  reader.take("min_steps", config.min_steps, "a whole number");
  reader.take("max_steps", config.max_steps, "a whole number");
  std::vector<double> rewards(3);
  reader.each("rewards", rewards, "three numbers: of a step, of a box on a target, of the solution");
  config.rewards = {.step = rewards[0], .box = rewards[1], .finish = rewards[2], .no_op = 0};
  reader.take("no_op_reward", config.rewards.no_op, "a number");
  std::vector<int> size(2);
  if (!reader.given("size").is_none()) reader.each("size", size, "None or two whole numbers, height and width");
  config.height = size[0];
  config.width = size[1];
  for (const auto& [name, flag] : {std::pair("symmetry", &config.symmetry),
                                   {"no_op", &config.no_op},
                                   {"end_on_deadlock", &config.end_on_deadlock},
                                   {"final_observation", &config.final_observation},
                                   {"double_buffer", &options.double_buffer}})
    reader.take(name, *flag, "True or False");
  reader.word("solved_rule", config.solved_rule);
  reader.take("seed", config.seed, "a whole number from 0 to 18446744073709551615");
  const nb::handle seeds = reader.given("seeds");
  config.seeds.resize(PySequence_Check(seeds.ptr()) != 0 ? nb::len(seeds) : 1);
  if (!reader.each("seeds", config.seeds, kSeeds) || !counted) config.seeds.clear();
  std::string device;
  int threads = 0;
  const bool named = reader.take("device", device, "a name");
  if (reader.take("threads", threads, "a whole number") && named) {
    try {
      options.device = open_device(device, threads);
    } catch (const BadInput& mistake) {
      reader.add(in_python(mistake.what()));
    } catch (const DeviceError&) {
      if (reader.is_fine()) throw;
    }
  }
  if (options.double_buffer && options.device.far_memory != nullptr)
    reader.add("double_buffer: takes device=\"cpu\"; on a GPU copy the observation that is to stay");
  for (std::string& mistake : mistakes_in(config, {})) reader.add(std::move(mistake));
  reader.demand_fine();
  return options;
}

void reset_seeds(Engine& engine, nb::handle given) {
  std::uint64_t seed = 0;
  if (read(given, seed)) {
    const nb::gil_scoped_release unlocked;
    return engine.reset(seed);
  }
  std::vector<std::uint64_t> seeds(PySequence_Check(given.ptr()) != 0 ? nb::len(given) : 0);
  if (seeds.empty() || !read_each(given, seeds))
    throw BadInput(fmt::format("reset: found seed {}, takes one, or one for each environment: {}", shown(given), kSeeds));
  const nb::gil_scoped_release unlocked;
  engine.reset_each(seeds);
}

}  // namespace boxwarp::python
