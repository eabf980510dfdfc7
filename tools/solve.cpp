// boxwarp solve: solutions of levels that no other solution beats, and what they say of a whole set.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>
#include <numeric>

#include "host/cpu/thread_pool.hpp"
#include "levels/error.hpp"
#include "levels/level_set.hpp"
#include "levels/solve/solve.hpp"
#include "tools/arguments.hpp"
#include "tools/command.hpp"
#include "tools/progress.hpp"

namespace boxwarp {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kBatch = 4096;  // levels whose solutions are held at a time
constexpr std::int64_t kTask = 16;     // levels that a thread takes at a time
constexpr std::int64_t kMebibyte = 1 << 20;

struct Totals {
  std::int64_t outcomes[3] = {};
  std::vector<int> pushes, moves;  // of the levels that were solved
  std::int64_t nodes = 0;

  void add(const SolveResult& result) {
    ++outcomes[static_cast<int>(result.outcome)];
    nodes += result.nodes;
    if (result.outcome != SolveOutcome::solved) return;
    pushes.push_back(result.pushes);
    moves.push_back(static_cast<int>(result.moves.size()));
  }
};

struct Figures {
  double mean, sd;
  int median, max;
};

// The median is the lower one of two in the middle.
Figures figures_of(std::vector<int>& numbers) {
  if (numbers.empty()) return {0, 0, 0, 0};
  const auto count = static_cast<double>(numbers.size());
  double sum = 0, squares = 0;
  for (const int number : numbers) sum += number;
  for (const int number : numbers) squares += (number - sum / count) * (number - sum / count);
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>((numbers.size() - 1) / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  return {sum / count, std::sqrt(squares / count), *middle, *std::max_element(numbers.begin(), numbers.end())};
}

Json as_json(const Figures& figures) {
  return {{"mean", figures.mean}, {"standard_deviation", figures.sd}, {"median", figures.median}, {"max", figures.max}};
}

Json as_json(Totals& totals, std::int64_t levels, double cpu_seconds) {
  Json json{{"levels", levels}};
  for (const SolveOutcome outcome : {SolveOutcome::solved, SolveOutcome::unsolvable, SolveOutcome::budget_exceeded}) {
    json[std::string(name(outcome))] = totals.outcomes[static_cast<int>(outcome)];
  }
  json["pushes"] = as_json(figures_of(totals.pushes));
  json["moves"] = as_json(figures_of(totals.moves));
  json["nodes"] = {{"mean", static_cast<double>(totals.nodes) / static_cast<double>(levels)}};
  json["processor_seconds"] = cpu_seconds;
  return json;
}

Json as_json(const LevelSet& set, std::int64_t id, const SolveResult& result) {
  const LevelOrigin origin = set.origin(id);
  Json json{{"file", set.files()[static_cast<std::size_t>(origin.file)]},
            {"ordinal", origin.ordinal + 1},
            {"outcome", name(result.outcome)},
            {"nodes", result.nodes}};
  if (result.outcome == SolveOutcome::solved) {
    json["pushes"] = result.pushes;
    json["moves"] = result.moves.size();
    json["solution"] = result.moves;
  }
  return json;
}

void print_level(const LevelSet& set, std::int64_t id, const SolveResult& result) {
  const LevelOrigin origin = set.origin(id);
  fmt::print("{}: level {}: ", set.files()[static_cast<std::size_t>(origin.file)], origin.ordinal + 1);
  switch (result.outcome) {
    case SolveOutcome::solved:
      fmt::print("{} pushes, {} moves: {}\n", result.pushes, result.moves.size(), result.moves);
      break;
    case SolveOutcome::unsolvable: fmt::print("unsolvable, proved\n"); break;
    case SolveOutcome::budget_exceeded:
      fmt::print("not known: budget exceeded after {} boards; give more --nodes or --memory\n", grouped(result.nodes));
      break;
  }
}

void print_totals(Totals& totals, std::int64_t levels, double cpu_seconds) {
  fmt::print("{} levels: {} solved, {} proved unsolvable, {} not known\n", grouped(levels), grouped(totals.outcomes[0]),
             grouped(totals.outcomes[1]), grouped(totals.outcomes[2]));
  const auto line = [](const char* what, const Figures& figures) {
    fmt::print("{:<7} mean {:.2f}, standard deviation {:.2f}, median {}, most {}\n", what, figures.mean, figures.sd,
               figures.median, figures.max);
  };
  line("pushes", figures_of(totals.pushes));
  line("moves", figures_of(totals.moves));
  fmt::print("boards  {:.1f} looked at for a level; {:.2f} processor seconds\n",
             static_cast<double>(totals.nodes) / static_cast<double>(levels), cpu_seconds);
}

Optimal optimal_of(const Arguments& arguments) {
  const std::string given = arguments.text("optimal");
  if (given == "pushes") return Optimal::pushes;
  if (given == "moves") return Optimal::moves;
  throw BadInput(fmt::format("--optimal: found '{}', expected pushes or moves", given));
}

}  // namespace

int solve_command(int argc, char** argv) {
  Arguments arguments(
      "solve",
      "Solves levels with the fewest pushes or moves. A level is solved (udlr, capitals push; played by the\n"
      "rules before it is printed), proved unsolvable, or not known because the budget was used up.",
      "PATH... [OPTION...]",
      "  boxwarp solve my_levels.txt\n"
      "  boxwarp solve boxoban/hard --optimal moves --summary\n"
      "  boxwarp solve collections/ --lenient --nodes 1000000 --memory 4096 --json\n");
  const auto value = [](const char* preset) { return cxxopts::value<std::string>()->default_value(preset); };
  arguments.add()("optimal", "what to have the fewest of, pushes or moves", value("pushes"), "WHAT")(
      "nodes", "boards to look at for a level before giving up", value("10000000"), "N")(
      "memory", "mebibytes for boards, shared out over the threads", value("2048"), "MB")(
      "threads", "levels solved at a time, 0: as many as there are cores", value("0"), "K")(
      "summary", "only the figures of all levels together")("json", "print one JSON object")(
      "lenient", "leave bad levels out, and say which, instead of failing")("quiet", "no progress");
  if (!arguments.parse(argc, argv, "PATH")) return 0;
  const Optimal optimal = optimal_of(arguments);
  const bool json = arguments.flag("json"), each = !arguments.flag("summary");
  SolveBudget budget{.nodes = arguments.integer("nodes", 1, std::int64_t{1} << 40),
                     .bytes = arguments.integer("memory", 1, std::int64_t{1} << 30) * kMebibyte};
  ThreadPool pool(static_cast<int>(arguments.integer("threads", 0, 1024)));
  budget.bytes /= pool.threads();

  std::vector<std::string> warnings;
  const auto by_pool = [&pool](std::int64_t count, const std::function<void(std::int64_t)>& task) {
    pool.run(count, [&task](std::int64_t i, int) { task(i); });
  };
  const LevelSet set =
      load_levels(arguments.positionals(), {.lenient = arguments.flag("lenient"), .run = by_pool}, &warnings);
  for (const std::string& warning : warnings) fmt::print(stderr, "left out: {}\n", warning);
  std::vector<Solver> solvers(static_cast<std::size_t>(pool.threads()));
  Progress progress(set.size(), "levels", arguments.flag("quiet"));
  Totals totals;
  std::vector<SolveResult> results;
  const std::clock_t start = std::clock();
  if (json && each) fmt::print("{{\"results\": [");
  for (std::int64_t first = 0; first < set.size(); first += kBatch) {
    const std::int64_t count = std::min(kBatch, set.size() - first);
    results.assign(static_cast<std::size_t>(count), {});
    pool.run((count + kTask - 1) / kTask, [&](std::int64_t task, int worker) {
      for (std::int64_t i = task * kTask; i < std::min(count, (task + 1) * kTask); ++i) {
        results[static_cast<std::size_t>(i)] =
            solvers[static_cast<std::size_t>(worker)].solve(set.level(first + i), optimal, budget);
      }
    });
    for (std::int64_t i = 0; i < count; ++i) {
      const SolveResult& result = results[static_cast<std::size_t>(i)];
      totals.add(result);
      if (!each) continue;
      if (json) {
        // Paths are bytes and need not be UTF-8.
        fmt::print("{}\n  {}", first + i == 0 ? "" : ",",
                   as_json(set, first + i, result).dump(-1, ' ', false, Json::error_handler_t::replace));
      } else {
        print_level(set, first + i, result);
      }
    }
    progress.update(first + count);
  }
  progress.finish();
  const double cpu_seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  if (json) {
    const Json summary = as_json(totals, set.size(), cpu_seconds);
    fmt::print("{}", each ? fmt::format("\n],\n\"summary\": {}}}\n", summary.dump()) : summary.dump(2) + "\n");
  } else {
    print_totals(totals, set.size(), cpu_seconds);
  }
  return 0;
}

}  // namespace boxwarp
