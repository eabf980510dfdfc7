// boxwarp eval: the share of levels that an agent solves, with and without thinking steps.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/learner/evaluation_report.hpp"
#include "levels/error.hpp"
#include "tools/agent.hpp"
#include "tools/command.hpp"
#include "tools/labels_file.hpp"
#include "tools/output_file.hpp"
#include "tools/progress.hpp"

namespace boxwarp {

namespace {

using Json = nlohmann::ordered_json;

// A line for every level with every number of thinking steps.
std::string per_level(const std::vector<EvaluationResult>& results, const std::vector<Deaths>& deaths,
                      const LevelSet& levels) {
  std::string text;
  for (std::size_t r = 0; r < results.size(); ++r) {
    const EvaluationResult& result = results[r];
    for (std::size_t i = 0; i < result.of_levels.size(); ++i) {
      const LevelResult& level = result.of_levels[i];
      const auto id = static_cast<std::int64_t>(i);
      const LevelOrigin origin = levels.origin(id);
      Json cycles = Json::array();
      for (const Cycle& cycle : level.cycles) cycles.push_back({cycle.start, cycle.length});
      const Json line{{"thinking", result.thinking},
                      {"level", id + 1},
                      {"file", levels.files()[static_cast<std::size_t>(origin.file)]},
                      {"ordinal", origin.ordinal + 1},
                      {"title", levels.level(id).title},
                      {"solved", level.solved},
                      {"length", level.length},
                      {"return", level.episode_return},
                      {"death", deaths[r].of_levels[i]},
                      {"cycles", cycles}};
      // Paths are bytes and need not be UTF-8.
      text += line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    }
  }
  return text;
}

void print_table(const std::vector<EvaluationResult>& results, const std::vector<Deaths>& deaths) {
  fmt::print("{}\n\nthinking steps   solved %  standard error   mean return   mean length   dead %   at step\n",
             counted(results.front().levels, "level", "levels"));
  for (std::size_t i = 0; i < results.size(); ++i) {
    const EvaluationResult& result = results[i];
    fmt::print("{:>14}   {:>8.2f}  {:>14.2f}   {:>11.2f}   {:>11.1f}   {:>6.2f}   {:>7}\n", result.thinking,
               100 * result.solved, 100 * result.standard_error, result.mean_return, result.mean_length,
               100 * deaths[i].episodes, deaths[i].episodes > 0 ? fmt::format("{:.1f}", deaths[i].mean_step) : "-");
  }
}

std::string episodes_archive(const std::vector<EvaluationResult>& results, const LevelSet& levels, int threads, bool quiet) {
  std::vector<LabelledPlay> plays;
  for (const EvaluationResult& result : results) {
    for (std::size_t i = 0; i < result.of_levels.size(); ++i)
      plays.push_back({static_cast<std::int64_t>(i), result.thinking, result.of_levels[i].actions});
  }
  return play_archive(levels, plays, {}, threads, quiet);
}

void print_cycles(const std::vector<EvaluationResult>& results) {
  fmt::print("\nthinking steps   episodes with cycles %   cycles an episode   mean length   steps in cycles %\n");
  for (const EvaluationResult& result : results) {
    const CycleFigures cycles = cycle_figures(result);
    fmt::print("{:>14}   {:>22.2f}   {:>17.3f}   {:>11.2f}   {:>17.2f}\n", result.thinking, 100 * cycles.episodes,
               cycles.per_episode, cycles.length, 100 * cycles.steps);
  }
}

struct EvalOptions {
  std::vector<std::int64_t> thinking;
  std::int64_t limit;  // 0: all levels
  int cap, threads;
  std::string out, per_level, episodes;
  bool cycles, json, quiet;
};

Arguments declared() {
  Arguments arguments(
      "eval",
      "How many levels an agent solves: each level once, in order, always the action it rates highest.\n"
      "With T thinking steps it sees the first board T times before its first move. A cycle goes from a board to\n"
      "the last time that the same board is seen before the last box comes onto a target. Boards are told dead by\n"
      "squares from which a box gets to no target, and by boxes that hold each other.",
      "--weights FILE --levels PATH [OPTION...]",
      "  boxwarp eval --weights runs/quickstart/model.safetensors --levels boxoban/unfiltered/test\n"
      "  boxwarp eval --weights model.safetensors --levels boxoban/hard --think 0,8 --limit 500 --json\n"
      "  boxwarp eval --weights model.safetensors --levels test.txt --out evaluation.json\n"
      "  boxwarp eval --weights model.safetensors --levels test.txt --cycles --per-level levels.jsonl\n"
      "  boxwarp eval --weights model.safetensors --levels boxoban-like-test --episodes episodes.npz\n"
      "  boxwarp eval --weights quick --levels quick_test --precision float32\n");
  add_agent_options(arguments);
  auto add = arguments.add();
  add("think", "thinking steps to measure with", by_default("0,1,2,4,8"), "T,...");
  add("limit", "only the first N levels, 0: all", by_default("0"), "N");
  add("cycles", "tell cycles, too: how many, how long");
  add("per-level", "write a line of JSON for each level to this file, which must not exist", by_default(""), "FILE");
  add("episodes",
      "write every step of every episode, with the pushes that are needed from there on, to this .npz file, which "
      "must not exist",
      by_default(""), "FILE");
  add("json", "print JSON instead of a table");
  add("out", "write the JSON to this file, which must not exist", by_default(""), "FILE");
  return arguments;
}

EvalOptions options_of(const Arguments& arguments) {
  EvalOptions options{.thinking = arguments.integers("think", 0, kMostThinking),
                      .limit = arguments.integer("limit", 0, std::int64_t{1} << 40),
                      .cap = cap_of(arguments),
                      .threads = arguments.threads(),
                      .out = arguments.text("out"),
                      .per_level = arguments.text("per-level"),
                      .episodes = arguments.text("episodes"),
                      .cycles = arguments.flag("cycles"),
                      .json = arguments.flag("json"),
                      .quiet = arguments.flag("quiet")};
  check_output("out", options.out);
  check_output("per-level", options.per_level);
  check_output("episodes", options.episodes);
  return options;
}

std::vector<EvaluationResult> evaluated(const Agent& agent, const EvalOptions& options) {
  const std::int64_t all = agent.levels->levels().size();
  const std::int64_t levels = options.limit == 0 ? all : std::min(options.limit, all);
  Progress progress(levels * static_cast<std::int64_t>(options.thinking.size()), "levels", options.quiet);
  std::vector<EvaluationResult> results;
  for (const std::int64_t steps : options.thinking) {
    const std::int64_t before = levels * static_cast<std::int64_t>(results.size());
    results.push_back(evaluate(
        agent.weights, agent.levels, agent.device, static_cast<int>(steps), options.cap, options.limit,
        [&](std::int64_t done) { progress.update(before + done, fmt::format("thinking {}", steps)); }, agent.precision,
        agent.rules));
  }
  progress.finish();
  return results;
}

// Into the files that are asked for, and to the terminal.
void tell(const std::vector<EvaluationResult>& results, const Agent& agent, const EvalOptions& options) {
  const LevelSet& set = agent.levels->levels();
  std::vector<Deaths> deaths;
  for (const EvaluationResult& result : results) deaths.push_back(deaths_of(result, set, agent.rules.solved_rule));
  const std::string json = report_json(results, deaths, options.cycles).dump(2) + "\n";
  if (!options.per_level.empty()) write_new_file(options.per_level, per_level(results, deaths, set));
  if (!options.episodes.empty())
    write_new_file(options.episodes, episodes_archive(results, set, options.threads, options.quiet));
  if (!options.out.empty()) write_new_file(options.out, json);
  if (options.json) {
    fmt::print("{}", json);
    return;
  }
  print_table(results, deaths);
  if (options.cycles) print_cycles(results);
}

}  // namespace

int eval_command(int argc, char** argv) {
  Arguments arguments = declared();
  if (!arguments.parse(argc, argv)) return 0;
  const EvalOptions options = options_of(arguments);
  const Agent agent = open_agent(arguments);
  if (!options.episodes.empty() && agent.rules.solved_rule != SolvedRule::boxes_matched)
    throw BadInput("--episodes: tells the pushes that are needed under --solved-rule boxes_matched, and takes no other");
  tell(evaluated(agent, options), agent, options);
  return 0;
}

}  // namespace boxwarp
