#include "host/learner/run_folder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "host/learner/files.hpp"
#include "levels/error.hpp"

namespace boxwarp {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// What a person can do whose complete checkpoint is of no use.
std::string other_way_on(const fs::path& light) {
  try {
    const LightCheckpoint there = read_light(light);
    return fmt::format(
        "the last good checkpoint is {} at frame {}: --continue-from {} --out ANOTHER goes on from it with "
        "fresh episodes",
        light.string(), there.frames, light.string());
  } catch (const BadInput&) {
    return "there is no other checkpoint beside it";
  }
}

}  // namespace

RunFolder RunFolder::create(const fs::path& path, const std::vector<std::string>& levels) {
  if (fs::exists(path) && !(fs::is_directory(path) && fs::is_empty(path)))
    throw BadInput(fmt::format(
        "--out {}: exists already and is never overwritten; name another folder, or go on with --resume", path.string()));
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw BadInput(fmt::format("--out {}: cannot be made: {}", path.string(), error.message()));
  RunFolder folder(path);
  folder.levels_ = levels;
  folder.open_metrics();
  return folder;
}

RunFolder RunFolder::open(const fs::path& path) {
  const fs::path file = path / "config.json";
  std::ifstream stream(file);
  if (!stream)
    throw BadInput(fmt::format("--resume: {} is not there; --out names the folder of the run to go on with", file.string()));
  const Json json = Json::parse(stream, nullptr, false);
  if (!json.is_object() || !json.contains("train") || !json.contains("levels") || !json["levels"].is_array())
    throw BadInput(fmt::format("{}: not the configuration of a run", file.string()));
  RunFolder folder(path);
  std::vector<std::string> mistakes;
  apply_json(json["train"], folder.config_, mistakes);
  if (!mistakes.empty()) throw BadInput(fmt::format("{}:\n  {}", file.string(), fmt::join(mistakes, "\n  ")));
  for (const Json& level : json["levels"]) folder.levels_.push_back(level.get<std::string>());
  return folder;
}

void RunFolder::write_config(const Trainer& trainer) {
  config_ = trainer.config();
  const Trainer::MemoryUse memory = trainer.memory_use();
  const Json json{{"train", to_json(config_)},
                  {"levels", levels_},
                  {"memory_bytes",
                   {{"network", memory.network},
                    {"rollout", memory.rollout},
                    {"parameters", memory.parameters},
                    {"environments", memory.environments},
                    {"levels", memory.levels},
                    {"total", memory.total()}}}};
  replace_file(path_ / "config.json", pieces_of(json.dump(2) + "\n"));
}

void RunFolder::open_metrics() {
  metrics_.open(path_ / "metrics.jsonl", std::ios::app);
  if (!metrics_) throw std::runtime_error(fmt::format("{}: cannot be written", (path_ / "metrics.jsonl").string()));
}

void RunFolder::resume(Trainer& trainer) {
  try {
    trainer.restore(checkpoint());
  } catch (const BadInput& error) {
    throw BadInput(fmt::format("{}; {}", error.what(), other_way_on(light())));
  }
  std::ifstream old(path_ / "metrics.jsonl");
  std::string kept;
  for (std::string line; std::getline(old, line);) {
    const Json json = Json::parse(line, nullptr, false);
    // The process may have been killed in the middle of the last line.
    if (!json.is_object() || !json.contains("update") || json["update"].get<std::int64_t>() > trainer.updates()) break;
    kept += line + "\n";
    seconds_before_ = json.value("seconds", 0.0);
  }
  old.close();
  replace_file(path_ / "metrics.jsonl", pieces_of(kept));
  open_metrics();
  last_seconds_ = seconds_before_;
}

void RunFolder::append(const UpdateMetrics& m, double seconds) {
  const double passed = seconds - last_seconds_;
  last_seconds_ = seconds;
  const double rate = passed > 0 ? static_cast<double>(config_.frames_per_update()) / passed : 0.0;
  metrics_ << to_json(m, seconds, rate).dump() << "\n" << std::flush;
  if (!metrics_)
    throw std::runtime_error(fmt::format("{}: cannot be written; is the disk full?", (path_ / "metrics.jsonl").string()));
}

void RunFolder::save(const Trainer& trainer) {
  trainer.save(checkpoint());
  save_weights(model(), trainer.weights());
  trainer.save_light(light());
}

}  // namespace boxwarp
