// Trainer and evaluation for Python; configurations, metrics and reports cross as JSON.
#include <nanobind/stl/function.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "host/engine/option_names.hpp"
#include "host/learner/continuation.hpp"
#include "host/learner/evaluation_report.hpp"
#include "host/learner/net_options.hpp"
#include "host/learner/net_shape_json.hpp"
#include "host/python/bindings.hpp"
#include "host/python/trainer.hpp"
#include "host/python/weights.hpp"

namespace boxwarp::python {

namespace nb = nanobind;

namespace {

using Levels = std::shared_ptr<const LevelBank>;
using Progress = std::function<void(std::int64_t done)>;

// One row for each result, one column for each level.
template <class T, class Figure>
nb::object table(const std::vector<EvaluationResult>& results, Figure&& figure) {
  NewArray<T> array({results.size(), results.front().of_levels.size()});
  T* to = array.data();
  for (std::size_t r = 0; r < results.size(); ++r) {
    for (std::size_t level = 0; level < results[r].of_levels.size(); ++level) *to++ = figure(r, level);
  }
  return array.give();
}

nb::tuple evaluation(const std::string& shape, const Floats& values, const Levels& levels, const std::string& device,
                     int threads, const std::vector<int>& thinking, int cap, std::int64_t limit, const Progress& progress,
                     const std::string& solved_rule, bool no_op, bool end_on_deadlock, const std::string& precision_name) {
  if (thinking.empty()) throw BadInput("think: takes one number of thinking steps or more");
  const EvaluationRules rules{.solved_rule = option_named<SolvedRule>("solved_rule", solved_rule),
                              .no_op = no_op,
                              .end_on_deadlock = end_on_deadlock};
  const Precision precision = option_named<Precision>("precision", precision_name);
  Weights weights = weights_of(shape, values);
  if (weights.shape.head == NetHead::pooled) {  // plays boards of any size
    weights = for_boards(std::move(weights), levels->view().height, levels->view().width);
  }
  std::vector<EvaluationResult> results;
  std::vector<Deaths> deaths;
  {
    const nb::gil_scoped_release unlocked;
    const Device taken = open_device(device, threads);
    std::int64_t before = 0;
    const auto tell = [&](std::int64_t done) {
      const nb::gil_scoped_acquire locked;
      if (PyErr_CheckSignals() != 0) throw nb::python_error();  // Ctrl-C
      if (progress) progress(before + done);
    };
    for (const int steps : thinking) {
      results.push_back(evaluate(weights, levels, taken, steps, cap, limit, tell, precision, rules));
      deaths.push_back(deaths_of(results.back(), levels->levels(), rules.solved_rule));
      before += results.back().levels;
    }
  }
  const auto of = [&](std::size_t r, std::size_t level) -> const LevelResult& { return results[r].of_levels[level]; };
  nb::dict of_levels;
  of_levels["solved"] = table<bool>(results, [&](auto r, auto level) { return of(r, level).solved; });
  of_levels["length"] = table<std::int32_t>(results, [&](auto r, auto level) { return of(r, level).length; });
  of_levels["return"] = table<double>(results, [&](auto r, auto level) { return of(r, level).episode_return; });
  of_levels["death"] = table<std::int32_t>(results, [&](auto r, auto level) { return deaths[r].of_levels[level]; });
  return nb::make_tuple(report_json(results, deaths, true).dump(), of_levels);
}

// What the trainer tells between two updates; others run Python while this waits for one.
template <class Figure>
auto told(PythonTrainer& trainer, Figure&& figure) {
  const nb::gil_scoped_release unlocked;
  return trainer.in_turn(figure);
}

}  // namespace

void bind_trainer(nb::module_& module) {
  const auto unlocked = nb::call_guard<nb::gil_scoped_release>();
  nb::class_<PythonTrainer>(module, "Trainer", "A training run.")
      .def(
          "__init__",
          [](PythonTrainer* self, Levels levels, const std::string& config, const std::string& device, int threads,
             const std::string& out, const std::vector<std::string>& sources, bool resume) {
            const nb::gil_scoped_release released;
            new (self) PythonTrainer(std::move(levels), {config, device, threads, out, sources, resume});
          },
          nb::arg("levels"), nb::kw_only(), nb::arg("config"), nb::arg("device"), nb::arg("threads"), nb::arg("out"),
          nb::arg("sources"), nb::arg("resume"))
      .def("iterate", &PythonTrainer::iterate, nb::arg("count"), unlocked, "So many updates at most, as lines of JSON.")
      .def("save_run", &PythonTrainer::save_run, unlocked)
      .def(
          "save",
          [](PythonTrainer& t, const std::string& path) { t.in_turn([&](Trainer& trainer) { trainer.save(path); }); },
          nb::arg("path"), unlocked)
      .def(
          "restore",
          [](PythonTrainer& t, const std::string& path) { t.in_turn([&](Trainer& trainer) { trainer.restore(path); }); },
          nb::arg("path"), unlocked)
      .def(
          "save_light",
          [](PythonTrainer& t, const std::string& path) { t.in_turn([&](Trainer& trainer) { trainer.save_light(path); }); },
          nb::arg("path"), unlocked)
      .def(
          "continue_from",
          [](PythonTrainer& t, const std::string& path) {
            t.in_turn([&](Trainer& trainer) { Continuation(path).give(trainer); });
          },
          nb::arg("path"), unlocked)
      .def(
          "weights",
          [](PythonTrainer& t) {
            const Weights weights = told(t, [](Trainer& trainer) { return trainer.weights(); });
            return nb::make_tuple(to_json(weights.shape), array_of(weights.values));
          },
          nb::sig("def weights(self) -> tuple[str, typing.Any]"))
      .def_prop_ro(
          "config",
          [](PythonTrainer& t) { return told(t, [](Trainer& trainer) { return to_json(trainer.config()).dump(); }); })
      .def_prop_ro("updates", [](PythonTrainer& t) { return told(t, [](Trainer& trainer) { return trainer.updates(); }); })
      .def_prop_ro("frames", [](PythonTrainer& t) { return told(t, [](Trainer& trainer) { return trainer.frames(); }); })
      .def_prop_ro("finished", [](PythonTrainer& t) { return told(t, [](Trainer& trainer) { return trainer.finished(); }); })
      .def_prop_ro("most_at_once",
                   [](PythonTrainer& t) { return told(t, [](Trainer& trainer) { return trainer.most_at_once(); }); })
      .def_prop_ro("kernels", [](PythonTrainer& t) { return told(t, [](Trainer& trainer) { return trainer.kernels(); }); })
      .def_prop_ro("memory_bytes",
                   [](PythonTrainer& t) { return told(t, [](Trainer& trainer) { return trainer.memory_use().total(); }); })
      .def_prop_ro("device", [](PythonTrainer& t) { return t.device().name; });
  module.def(
      "preset", [](const std::string& name) { return to_json(preset(name)).dump(); }, nb::arg("name"),
      "A configuration as JSON.");
  module.def("preset_names", &preset_names);
  module.def("levels_of_run", &levels_of_run, nb::arg("path"));
  module.def("evaluate", &evaluation, nb::arg("shape"), nb::arg("values"), nb::arg("levels"), nb::arg("device"),
             nb::arg("threads"), nb::arg("think"), nb::arg("cap"), nb::arg("limit"), nb::arg("progress").none(),
             nb::arg("solved_rule"), nb::arg("no_op"), nb::arg("end_on_deadlock"), nb::arg("precision"),
             "(report as JSON, figures of each level).",
             nb::sig("def evaluate(shape: str, values: typing.Any, levels: Levels, device: str, threads: int, "
                     "think: collections.abc.Sequence[int], cap: int, limit: int, "
                     "progress: collections.abc.Callable[[int], None] | None, solved_rule: str, no_op: bool, "
                     "end_on_deadlock: bool, precision: str) -> tuple[str, dict[str, typing.Any]]"));
}

}  // namespace boxwarp::python
