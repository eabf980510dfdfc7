#include "host/learner/cycles.hpp"

#include <unordered_map>

namespace boxwarp {

std::vector<Cycle> cycles_in(std::span<const std::uint64_t> observations) {
  std::unordered_map<std::uint64_t, std::size_t> last;
  for (std::size_t step = 0; step < observations.size(); ++step) last[observations[step]] = step;
  std::vector<Cycle> cycles;
  for (std::size_t step = 0; step < observations.size(); ++step) {
    const std::size_t again = last.at(observations[step]);
    if (again == step) continue;
    cycles.push_back({static_cast<int>(step), static_cast<int>(again - step)});
    step = again;
  }
  return cycles;
}

}  // namespace boxwarp
