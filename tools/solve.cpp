// boxwarp solve: solutions of levels that no other solution beats, and what they say of a whole set.
#include <fmt/format.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "levels/level_set.hpp"
#include "levels/set_figures.hpp"
#include "tools/arguments.hpp"
#include "tools/command.hpp"
#include "tools/progress.hpp"
#include "tools/solvers.hpp"

namespace boxwarp {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kMebibyte = 1 << 20;

struct SolveOptions {
  Optimal optimal;
  SolveBudget budget;  // of all threads together
  int threads;
  bool json, summary, quiet;
};

struct Totals {
  std::int64_t outcomes[3] = {};
  Histogram pushes, moves;  // of the levels that were solved
  std::int64_t nodes = 0;

  void add(const SolveResult& result) {
    ++outcomes[static_cast<int>(result.outcome)];
    nodes += result.nodes;
    if (result.outcome != SolveOutcome::solved) return;
    ++pushes[result.pushes];
    ++moves[static_cast<int>(result.moves.size())];
  }
};

Json as_json(const Spread& spread) {
  return {{"mean", spread.mean}, {"standard_deviation", spread.sd}, {"median", spread.median}, {"max", spread.max}};
}

Json as_json(const Totals& totals, std::int64_t levels, double cpu_seconds) {
  Json json{{"levels", levels}};
  for (const SolveOutcome outcome : {SolveOutcome::solved, SolveOutcome::unsolvable, SolveOutcome::budget_exceeded}) {
    json[std::string(name(outcome))] = totals.outcomes[static_cast<int>(outcome)];
  }
  json["pushes"] = as_json(spread_of(totals.pushes));
  json["moves"] = as_json(spread_of(totals.moves));
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
      fmt::print("{}, {}: {}\n", counted(result.pushes, "push", "pushes"),
                 counted(static_cast<std::int64_t>(result.moves.size()), "move", "moves"), result.moves);
      break;
    case SolveOutcome::unsolvable: fmt::print("unsolvable, proved\n"); break;
    case SolveOutcome::budget_exceeded:
      fmt::print("not known: budget exceeded after {}; give more --nodes or --memory\n",
                 counted(result.nodes, "board", "boards"));
      break;
  }
}

void print_totals(const Totals& totals, std::int64_t levels, double cpu_seconds) {
  fmt::print("{}: {} solved, {} proved unsolvable, {} not known\n", counted(levels, "level", "levels"),
             grouped(totals.outcomes[0]), grouped(totals.outcomes[1]), grouped(totals.outcomes[2]));
  const auto line = [&totals](const char* what, const Spread& spread) {
    if (totals.outcomes[0] == 0) {
      fmt::print("{:<7} -\n", what);
      return;
    }
    fmt::print("{:<7} mean {:.2f}, standard deviation {:.2f}, median {}, most {}\n", what, spread.mean, spread.sd,
               spread.median, spread.max);
  };
  line("pushes", spread_of(totals.pushes));
  line("moves", spread_of(totals.moves));
  fmt::print("boards  {:.1f} looked at for a level; {:.2f} processor seconds\n",
             static_cast<double>(totals.nodes) / static_cast<double>(levels), cpu_seconds);
}

Arguments declared() {
  Arguments arguments(
      "solve",
      "Solves levels with the fewest pushes or moves. A level is solved (udlr, capitals push; played by the\n"
      "rules before it is printed), proved unsolvable, or not known because the budget was used up.",
      "PATH... [OPTION...]",
      "  boxwarp solve my_levels.txt\n"
      "  boxwarp solve boxoban/hard --optimal moves --summary\n"
      "  boxwarp solve collections/ --lenient --nodes 1000000 --memory 4096 --json\n");
  auto add = arguments.add();
  add("optimal", "what to have the fewest of, pushes or moves", by_default("pushes"), "WHAT");
  add("nodes", "boards to look at for a level before giving up", by_default("10000000"), "N");
  add("memory", "mebibytes for boards, shared out over the threads", by_default("2048"), "MB");
  add("threads", "levels solved at a time, 0: as many as there are cores", by_default("0"), "K");
  add("summary", "only the figures of all levels together");
  add("json", "print one JSON object");
  arguments.add_lenient();
  add("quiet", "no progress");
  return arguments;
}

SolveOptions options_of(const Arguments& arguments) {
  return {.optimal = option_named<Optimal>("--optimal", arguments.text("optimal")),
          .budget = {.nodes = arguments.integer("nodes", 1, std::int64_t{1} << 40),
                     .bytes = arguments.integer("memory", 1, std::int64_t{1} << 30) * kMebibyte},
          .threads = arguments.threads(),
          .json = arguments.flag("json"),
          .summary = arguments.flag("summary"),
          .quiet = arguments.flag("quiet")};
}

LevelSet loaded(const Arguments& arguments, ThreadPool& pool) {
  const auto by_pool = [&pool](std::int64_t count, const std::function<void(std::int64_t)>& task) {
    pool.run(count, [&task](std::int64_t i, int) { task(i); });
  };
  return arguments.levels(arguments.positionals(), {.run = by_pool});
}

// Prints each level, too, unless only the summary is asked for.
Totals solved(const LevelSet& set, ThreadPool& pool, const SolveOptions& options) {
  const SolveBudget budget = shared_out(options.budget, pool);
  Totals totals;
  std::vector<SolveResult> results(kSolverBatch);
  const auto solve = [&](std::int64_t id, Solver& solver) {
    results[static_cast<std::size_t>(id % kSolverBatch)] = solver.solve(set.level(id), options.optimal, budget);
  };
  const auto tell = [&](std::int64_t first, std::int64_t end) {
    for (std::int64_t id = first; id < end; ++id) {
      const SolveResult& result = results[static_cast<std::size_t>(id - first)];
      totals.add(result);
      if (options.summary) continue;
      if (options.json) {
        // Paths are bytes and need not be UTF-8.
        fmt::print("{}\n  {}", id == 0 ? "" : ",",
                   as_json(set, id, result).dump(-1, ' ', false, Json::error_handler_t::replace));
      } else {
        print_level(set, id, result);
      }
    }
  };
  with_solvers(pool, {.count = set.size(), .unit = "levels", .quiet = options.quiet}, solve, tell);
  return totals;
}

}  // namespace

int solve_command(int argc, char** argv) {
  Arguments arguments = declared();
  if (!arguments.parse(argc, argv, "PATH")) return 0;
  const SolveOptions options = options_of(arguments);
  ThreadPool pool(options.threads);
  const LevelSet set = loaded(arguments, pool);
  const bool lists = options.json && !options.summary;
  const std::clock_t start = std::clock();
  if (lists) fmt::print("{{\"results\": [");
  const Totals totals = solved(set, pool, options);
  const double cpu_seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  if (options.json) {
    const Json summary = as_json(totals, set.size(), cpu_seconds);
    fmt::print("{}", lists ? fmt::format("\n],\n\"summary\": {}}}\n", summary.dump()) : summary.dump(2) + "\n");
  } else {
    print_totals(totals, set.size(), cpu_seconds);
  }
  return 0;
}

}  // namespace boxwarp
