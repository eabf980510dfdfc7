// Levels worked on by several threads, each with a solver of its own.
#pragma once

#include <cstdint>
#include <functional>

#include "host/cpu/thread_pool.hpp"
#include "levels/solve/solve.hpp"

namespace boxwarp {

// What goes through with_solvers, and how its progress is told.
struct SolverTasks {
  std::int64_t count;
  const char* unit;  // "levels"
  bool quiet;
};

inline constexpr std::int64_t kSolverBatch = 4096;

// Calls work(i, solver) for every i of 0..count, in any order, by all threads of the pool; and done(first, end), which may
// be empty, by the caller's thread for one batch after the other, at most kSolverBatch each, once its work is done: what
// done() adds up does not depend on the threads, and only the results of one batch must be kept.
void with_solvers(ThreadPool& pool, const SolverTasks& tasks,
                  const std::function<void(std::int64_t i, Solver& solver)>& work,
                  const std::function<void(std::int64_t first, std::int64_t end)>& done = {});

// What each thread may take, where all of them together have this budget.
SolveBudget shared_out(SolveBudget budget, const ThreadPool& pool);

}  // namespace boxwarp
