// Levels by reverse play on the threads of the processor; one worker makes every so-many-th level.
#include "host/cpu/env_parts.hpp"
#include "kernels/env/generating.hpp"

namespace boxwarp::cpu {

std::size_t generate_bytes(const ReversePlay& /*rules*/, std::int64_t workers) {
  return static_cast<std::size_t>(workers) * sizeof(GenerateBench<kLargestSize>);
}

void generate(Executor& executor, const ReversePlay& rules, const LevelRange& range, const LevelSlots& slots,
              void* workspace, std::int64_t workers) {
  auto* benches = static_cast<GenerateBench<kLargestSize>*>(workspace);
  static_cast<ThreadPool&>(executor).run(workers, [&](std::int64_t worker, int) {
    for (std::int64_t i = worker; i < range.count; i += workers) make_level(rules, range, slots, benches[worker], i);
  });
}

}  // namespace boxwarp::cpu
