#include "host/engine/profile.hpp"

#include <algorithm>
#include <deque>

#include "host/cuda/backend.hpp"
#include "host/cuda/current.hpp"
#include "host/cuda/event.hpp"
#include "host/cuda/executor.hpp"

namespace boxwarp {

namespace {

// Watches an executor as long as it lives.
class Timer : public LaunchWatcher {
 public:
  explicit Timer(CudaExecutor& executor) : executor_(executor) { executor.watch(this); }
  ~Timer() override { executor_.watch(nullptr); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void before(const char* name) override {
    launches_.emplace_back().name = name;
    launches_.back().begin.record(executor_.queue());
  }
  void after() override { launches_.back().end.record(executor_.queue()); }

  // After all of it is done.
  Profile profile() const {
    Profile result{};
    for (const Launch& launch : launches_) {
      const auto same = [&](const KernelTime& kernel) { return kernel.name == launch.name; };
      auto kernel = std::find_if(result.kernels.begin(), result.kernels.end(), same);
      if (kernel == result.kernels.end()) kernel = result.kernels.insert(kernel, {launch.name, 0, 0});
      ++kernel->launches;
      kernel->seconds += elapsed_ms(launch.begin, launch.end) / 1e3;
    }
    if (!launches_.empty()) result.seconds = elapsed_ms(launches_.front().begin, launches_.back().end) / 1e3;
    return result;
  }

 private:
  struct Launch {
    std::string name;
    CudaEvent begin, end;
  };

  CudaExecutor& executor_;
  std::deque<Launch> launches_;
};

}  // namespace

Profile cuda_profile(Executor& executor, const std::function<void()>& work) {
  auto& cuda = dynamic_cast<CudaExecutor&>(executor);
  const Current there(cuda);
  Timer timer(cuda);
  work();
  cuda.synchronize();
  return timer.profile();
}

}  // namespace boxwarp
