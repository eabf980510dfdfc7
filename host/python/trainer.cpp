#include "host/python/trainer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "host/python/forks.hpp"
#include "levels/error.hpp"

namespace boxwarp::python {

namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

// The preset (or, to go on, what the run has), then the settings; every mistake is collected.
TrainConfig configured(const std::string& text, const TrainConfig* before) {
  Json settings = Json::parse(text);
  std::string name;
  if (settings.contains("preset")) {
    if (!settings["preset"].is_string()) throw BadInput("preset: found " + settings["preset"].dump() + ", takes a name");
    name = settings["preset"].get<std::string>();
    if (name.empty()) throw BadInput("preset: found \"\", takes a name");
    settings.erase("preset");
  }
  TrainConfig config = base_config(name, before);
  std::vector<std::string> mistakes;
  apply_json(settings, config, mistakes);
  demand_correct(config, std::move(mistakes));
  return config;
}

std::optional<RunFolder> opened(const TrainerOptions& options) {
  if (!options.resume) return {};  // made when the trainer is known to work
  return RunFolder::open(options.out);
}

TrainConfig configuration(const TrainerOptions& options, const std::optional<RunFolder>& folder) {
  if (!folder) return configured(options.config, nullptr);
  const TrainConfig before = folder->config();
  return configured(options.config, &before);
}

}  // namespace

PythonTrainer::PythonTrainer(std::shared_ptr<const LevelBank> levels, const TrainerOptions& options)
    : process_(forks()),
      device_(open_device(options.device, options.threads)),
      folder_(opened(options)),
      trainer_(configuration(options, folder_), std::move(levels), device_) {
  if (options.out.empty()) return;
  if (folder_) {
    folder_->resume(trainer_);
    seconds_ = folder_->seconds_before();
    folder_->write_config(trainer_);
    return;
  }
  folder_.emplace(RunFolder::create(options.out, options.levels));
  folder_->write_config(trainer_);
  folder_->save(trainer_);  // from here on there is always something to go on with
}

// The process first: what was locked when it forked stays locked in the child.
std::unique_lock<std::mutex> PythonTrainer::turn() {
  if (process_ != forks()) throw DeviceError("this trainer was made before the process forked; make it anew in the child");
  return std::unique_lock(busy_);
}

std::vector<std::string> PythonTrainer::iterate(int count) {
  const auto mine = turn();
  const Clock::time_point start = Clock::now();
  std::vector<UpdateMetrics> updates;
  try {
    updates = trainer_.update(folder_ ? folder_->updates_to_snapshot(trainer_, count) : count);
  } catch (const DeviceError&) {
    throw;
  } catch (const std::runtime_error& error) {
    if (!folder_) throw;
    throw std::runtime_error(
        fmt::format("{}; the last good checkpoint is {}", error.what(), folder_->checkpoint().string()));
  }
  const double each = std::chrono::duration<double>(Clock::now() - start).count() / static_cast<double>(updates.size());
  const TrainConfig& config = trainer_.config();
  std::vector<std::string> lines;
  for (const UpdateMetrics& metrics : updates) {
    seconds_ += each;
    if (folder_) folder_->append(metrics, seconds_);
    const double rate = each > 0 ? static_cast<double>(config.frames_per_update()) / each : 0;
    lines.push_back(to_json(metrics, seconds_, rate).dump());
  }
  if (folder_) folder_->save_snapshot(trainer_);
  return lines;
}

void PythonTrainer::save_run() {
  const auto mine = turn();
  if (!folder_) throw BadInput("save: this trainer has no folder of its own (out=...); name a file");
  folder_->save(trainer_);
}

std::vector<std::string> levels_of_run(const std::string& path) { return RunFolder::open(path).levels(); }

}  // namespace boxwarp::python
