// Training as Python drives it: a trainer, its device, and the folder of its run where there is one.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/learner/run_folder.hpp"

namespace boxwarp::python {

struct TrainerOptions {
  std::string config;  // a JSON object: "preset", and the settings of --set
  std::string device = "auto";
  int threads = 0;
  std::string out;                  // folder of the run; empty: none
  std::vector<std::string> levels;  // what config.json says they are
  bool resume = false;              // goes on with the run in `out`, whose configuration `config` is laid over
};

// Calls exclude each other, whichever threads they come from. They throw DeviceError in a process that was forked from the
// one that made the trainer: its threads stayed behind.
class PythonTrainer {
 public:
  // Throws BadInput with every mistake.
  PythonTrainer(std::shared_ptr<const LevelBank> levels, const TrainerOptions& options);

  // So many updates at most, as lines of metrics.jsonl. Throws std::runtime_error after one that was not finite.
  std::vector<std::string> iterate(int count);
  // What there is to go on from, into the folder of the run. Throws BadInput where there is none.
  void save_run();

  // What work(trainer) gives, in the caller's turn.
  template <class Work>
  auto in_turn(Work&& work) {
    const auto mine = turn();
    return std::forward<Work>(work)(trainer_);
  }
  const Device& device() const { return device_; }

 private:
  std::unique_lock<std::mutex> turn();

  const int process_;
  std::mutex busy_;
  Device device_;
  std::optional<RunFolder> folder_;
  Trainer trainer_;
  double seconds_ = 0;
};

// What the folder of a run says its levels are. Throws BadInput.
std::vector<std::string> levels_of_run(const std::string& path);

}  // namespace boxwarp::python
