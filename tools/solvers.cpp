#include "tools/solvers.hpp"

#include <algorithm>
#include <atomic>
#include <vector>

#include "tools/progress.hpp"

namespace boxwarp {

void with_solvers(ThreadPool& pool, const SolverTasks& tasks,
                  const std::function<void(std::int64_t i, Solver& solver)>& work,
                  const std::function<void(std::int64_t first, std::int64_t end)>& done) {
  std::vector<Solver> solvers(static_cast<std::size_t>(pool.threads()));
  Progress progress(tasks.count, tasks.unit, tasks.quiet);
  std::atomic<std::int64_t> worked = 0;
  for (std::int64_t first = 0; first < tasks.count; first += kSolverBatch) {
    const std::int64_t batch = std::min(kSolverBatch, tasks.count - first);
    pool.run(batch, [&](std::int64_t i, int worker) {
      work(first + i, solvers[static_cast<std::size_t>(worker)]);
      const std::int64_t so_far = ++worked;
      if (worker == 0) progress.update(so_far);
    });
    if (done) done(first, first + batch);
    progress.update(first + batch);
  }
  progress.finish();
}

SolveBudget shared_out(SolveBudget budget, const ThreadPool& pool) {
  budget.bytes /= pool.threads();
  return budget;
}

}  // namespace boxwarp
