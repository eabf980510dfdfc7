// boxwarp eval: the share of levels that an agent solves, with and without thinking steps.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "host/learner/evaluation.hpp"
#include "tools/agent.hpp"
#include "tools/command.hpp"
#include "tools/output_file.hpp"
#include "tools/progress.hpp"

namespace boxwarp {

namespace {

std::string as_json(const std::vector<EvaluationResult>& results) {
  nlohmann::ordered_json thinking = nlohmann::ordered_json::array();
  for (const EvaluationResult& result : results) {
    thinking.push_back({{"steps", result.thinking},
                        {"solved", result.solved},
                        {"standard_error", result.standard_error},
                        {"mean_return", result.mean_return},
                        {"mean_length", result.mean_length}});
  }
  return nlohmann::ordered_json{{"levels", results.front().levels}, {"thinking", thinking}}.dump(2) + "\n";
}

void print_table(const std::vector<EvaluationResult>& results) {
  fmt::print("{} levels\n\nthinking steps   solved %  standard error   mean return   mean length\n",
             grouped(results.front().levels));
  for (const EvaluationResult& result : results) {
    fmt::print("{:>14}   {:>8.2f}  {:>14.2f}   {:>11.2f}   {:>11.1f}\n", result.thinking, 100 * result.solved,
               100 * result.standard_error, result.mean_return, result.mean_length);
  }
}

}  // namespace

int eval_command(int argc, char** argv) {
  Arguments arguments("eval",
                      "How many levels an agent solves: each level once, in order, always the action it rates highest.\n"
                      "With T thinking steps it sees the first board T times before its first move.",
                      "--weights FILE --levels PATH [OPTION...]",
                      "  boxwarp eval --weights runs/quickstart/model.safetensors --levels boxoban/unfiltered/test\n"
                      "  boxwarp eval --weights model.safetensors --levels boxoban/hard --think 0,8 --limit 500 --json\n"
                      "  boxwarp eval --weights model.safetensors --levels test.txt --out evaluation.json\n");
  add_agent_options(arguments);
  arguments.add()("think", "thinking steps to measure with", cxxopts::value<std::string>()->default_value("0,1,2,4,8"),
                  "T,...")("limit", "only the first N levels, 0: all", cxxopts::value<std::string>()->default_value("0"),
                           "N")("json", "print JSON instead of a table")(
      "out", "write the JSON to this file, which must not exist", cxxopts::value<std::string>()->default_value(""), "FILE");
  if (!arguments.parse(argc, argv)) return 0;

  const std::vector<std::int64_t> thinking = arguments.integers("think", 0, kMostThinking);
  const std::int64_t limit = arguments.integer("limit", 0, std::int64_t{1} << 40);
  const int cap = cap_of(arguments);
  const std::string out = arguments.text("out");
  check_output("out", out);
  const Agent agent = open_agent(arguments);

  const std::int64_t all = agent.levels->levels().size(), levels = limit == 0 ? all : std::min(limit, all);
  Progress progress(levels * static_cast<std::int64_t>(thinking.size()), "levels", arguments.flag("quiet"));
  std::vector<EvaluationResult> results;
  for (const std::int64_t steps : thinking) {
    const std::int64_t before = levels * static_cast<std::int64_t>(results.size());
    results.push_back(
        evaluate(agent.weights, agent.levels, agent.device, static_cast<int>(steps), cap, limit,
                 [&](std::int64_t done) { progress.update(before + done, fmt::format("thinking {}", steps)); }));
  }
  progress.finish();

  const std::string json = as_json(results);
  if (!out.empty()) write_new_file(out, json);
  if (arguments.flag("json")) {
    fmt::print("{}", json);
  } else {
    print_table(results);
  }
  return 0;
}

}  // namespace boxwarp
