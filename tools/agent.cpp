#include "tools/agent.hpp"

#include <fmt/format.h>

#include <utility>

#include "host/engine/option_names.hpp"
#include "host/learner/shipped_weights.hpp"
#include "levels/error.hpp"

namespace boxwarp {

void add_agent_options(Arguments& arguments) {
  arguments.add()("weights", "the network: a safetensors file, or the name of a shipped agent such as quick",
                  cxxopts::value<std::string>(), "FILE")(
      "levels", "file or folder of levels, or generated:KEY=VALUE,...; may be given several times",
      cxxopts::value<std::string>(), "PATH")("lenient", "leave bad levels out instead of stopping at the first")(
      "cap", "most steps of an episode", cxxopts::value<std::string>()->default_value("120"), "STEPS")(
      "solved-rule", words_of(SolvedRule{}), cxxopts::value<std::string>()->default_value("boxes_matched"), "RULE")(
      "no-op", "a fifth action that does nothing, for networks that have it")(
      "end-on-deadlock", "end episodes on dead boards")("device", "auto, cpu, cuda or cuda:N",
                                                        cxxopts::value<std::string>()->default_value("auto"), "NAME")(
      "precision", "of a GPU's network: bf16 or float32; a processor computes in float32",
      cxxopts::value<std::string>()->default_value("bf16"),
      "NAME")("threads", "of the processor, 0: all cores", cxxopts::value<std::string>()->default_value("0"), "N")(
      "quiet", "no progress and no notes on stderr");
}

Agent open_agent(const Arguments& arguments) {
  const bool quiet = arguments.flag("quiet");
  const auto tell = [quiet](const std::string& line) {
    if (!quiet && !line.empty()) fmt::print(stderr, "boxwarp: {}\n", line);
  };
  const std::string path = arguments.required("weights");
  arguments.required("levels");
  const Precision precision = arguments.precision("precision");
  const EvaluationRules rules{.solved_rule = option_named<SolvedRule>("--solved-rule", arguments.text("solved-rule")),
                              .no_op = arguments.flag("no-op"),
                              .end_on_deadlock = arguments.flag("end-on-deadlock")};
  Device device = open_device(arguments.text("device"), static_cast<int>(arguments.integer("threads", 0, 1024)));
  std::string note;
  Weights weights = load_weights(weights_file(path), &note);
  tell(note);
  std::vector<std::string> warnings;
  LevelSet levels = load_levels(arguments.texts("levels"), {.lenient = arguments.flag("lenient")}, &warnings);
  for (const std::string& warning : warnings) tell(warning);
  tell("device " + device.name);
  tell(device.note);
  auto bank = std::make_shared<const LevelBank>(std::move(levels));
  // A pooled head plays boards of any size.
  if (weights.shape.head == NetHead::pooled) {
    weights = for_boards(std::move(weights), bank->view().height, bank->view().width);
  }
  tell(fmt::format("network {}", device.net->kernels(weights.shape, {.precision = precision})));
  return {.weights = std::move(weights),
          .levels = std::move(bank),
          .device = std::move(device),
          .precision = precision,
          .rules = rules};
}

int cap_of(const Arguments& arguments) { return static_cast<int>(arguments.integer("cap", 1, 1'000'000)); }

}  // namespace boxwarp
