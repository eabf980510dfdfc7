#include "tools/agent.hpp"

#include <fmt/format.h>

#include <utility>

#include "host/engine/option_names.hpp"
#include "host/learner/shipped_weights.hpp"
#include "levels/error.hpp"

namespace boxwarp {

void add_agent_options(Arguments& arguments) {
  auto add = arguments.add();
  add("weights", "the network: a safetensors file, the folder of a run, or the name of a shipped agent such as quick",
      cxxopts::value<std::string>(), "FILE");
  add("levels", "file or folder of levels, or generated:KEY=VALUE,...; may be given several times",
      cxxopts::value<std::string>(), "PATH");
  add("lenient", "leave bad levels out instead of stopping at the first");
  add("cap", "most steps of an episode", by_default("120"), "STEPS");
  add("solved-rule", words_of(SolvedRule{}), by_default("boxes_matched"), "RULE");
  add("no-op", "a fifth action that does nothing, for networks that have it");
  add("end-on-deadlock", "end episodes on dead boards");
  add("device", "auto, cpu, cuda or cuda:N", by_default("auto"), "NAME");
  add("precision", "of a GPU's network: bf16, bf16-wgmma (H100, H200) or float32; a processor computes in float32",
      by_default("bf16"), "NAME");
  add("threads", "of the processor, 0: all cores", by_default("0"), "N");
  add("quiet", "no progress and no notes on stderr");
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
  Device device = open_device(arguments.text("device"), arguments.threads());
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
