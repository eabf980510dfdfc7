#include "host/learner/run_folder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/learner/files.hpp"
#include "host/learner/light_checkpoint.hpp"
#include "levels/error.hpp"

namespace boxwarp {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// JSON is UTF-8, and a name of a file need not be.
void demand_utf8(const std::vector<std::string>& levels) {
  for (const std::string& level : levels) {
    try {
      Json(level).dump();
    } catch (const Json::type_error&) {
      throw BadInput(
          fmt::format("--levels {}: this name is not UTF-8, so config.json cannot hold it; rename it or name it by a "
                      "link",
                      level));
    }
  }
}

// Whether a line of metrics.jsonl, whose number is for the message, is of one of the first `updates` updates; `seconds` is
// its time then. One that was cut short by a kill is not.
bool is_kept(const std::string& line, const std::string& where, std::int64_t updates, double& seconds) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("update")) return false;
  const auto member = [&](const char* name) -> const Json& {
    if (json.contains(name) && json[name].is_number()) return json[name];
    throw BadInput(fmt::format("{}: this line of a run has no {} that is a number", where, name));
  };
  if (member("update").get<double>() > static_cast<double>(updates)) return false;
  seconds = member("seconds").get<double>();
  return true;
}

// What a person can do whose complete checkpoint is of no use.
std::string other_way_on(const fs::path& light) {
  try {
    const LightCheckpoint there = read_light(light);
    return fmt::format("there is {} at frame {}, too: --continue-from {} --out ANOTHER goes on from it with fresh episodes",
                       light.string(), there.frames, light.string());
  } catch (const BadInput&) {
    return "there is no other checkpoint beside it";
  }
}

void demand_new(const fs::path& path) {
  if (fs::exists(path) && !(fs::is_directory(path) && fs::is_empty(path)))
    throw BadInput(fmt::format(
        "--out {}: exists already and is never overwritten; name another folder, or go on with --resume", path.string()));
}

}  // namespace

RunFolder RunFolder::create(const fs::path& path, const std::vector<std::string>& levels) {
  demand_utf8(levels);
  demand_new(path);
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw BadInput(fmt::format("--out {}: cannot be made: {}", path.string(), error.message()));
  RunFolder folder(path);
  folder.lock_ = lock_folder(path);
  demand_new(path);  // still: others may have come first
  folder.levels_ = levels;
  return folder;
}

RunFolder RunFolder::open(const fs::path& path) {
  const fs::path file = path / "config.json";
  std::ifstream stream(file);
  if (!stream)
    throw BadInput(fmt::format("--resume: {} is not there; --out names the folder of the run to go on with", file.string()));
  const Json json = Json::parse(stream, nullptr, false);
  const bool is_ours = json.is_object() && json.contains("train") && json.contains("levels") && json["levels"].is_array() &&
                       std::ranges::all_of(json["levels"], [](const Json& level) { return level.is_string(); });
  if (!is_ours) throw BadInput(fmt::format("{}: not the configuration of a run", file.string()));
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
  if (!metrics_.is_open()) open_metrics();
}

void RunFolder::open_metrics() {
  metrics_.open(path_ / "metrics.jsonl", std::ios::app);
  if (!metrics_) throw std::runtime_error(fmt::format("{}: cannot be written", (path_ / "metrics.jsonl").string()));
}

void RunFolder::resume(Trainer& trainer) {
  lock_ = lock_folder(path_);
  try {
    trainer.restore(checkpoint());
  } catch (const BadInput& error) {
    throw BadInput(fmt::format("{}\n{}", error.what(), other_way_on(light())));
  }
  if (trainer.updates() > trainer.config().updates())
    throw BadInput(fmt::format("frames: found {}, and the run is at frame {} already; take that many or more",
                               trainer.config().frames, trainer.frames()));
  std::ifstream old(path_ / "metrics.jsonl");
  std::string kept;
  int number = 0;
  for (std::string line; std::getline(old, line);) {
    const std::string where = fmt::format("{}:{}", (path_ / "metrics.jsonl").string(), ++number);
    if (!is_kept(line, where, trainer.updates(), seconds_before_)) break;
    kept += line + "\n";
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

int RunFolder::updates_to_snapshot(const Trainer& trainer, int most) const {
  const std::int64_t each = trainer.config().snapshot_frames, update = trainer.config().frames_per_update();
  if (each == 0) return most;
  const std::int64_t next = (trainer.frames() / each + 1) * each;
  return static_cast<int>(std::min<std::int64_t>(most, (next - trainer.frames() + update - 1) / update));
}

void RunFolder::save_snapshot(const Trainer& trainer) {
  const std::int64_t each = trainer.config().snapshot_frames, update = trainer.config().frames_per_update();
  if (each == 0 || !trainer.is_finite() || trainer.frames() / each == (trainer.frames() - update) / each) return;
  save_weights(path_ / fmt::format("model-{}.safetensors", trainer.frames()), trainer.weights());
}

void RunFolder::save(const Trainer& trainer) {
  trainer.save_light(light());
  save_weights(model(), trainer.weights());
  trainer.save(checkpoint());
}

}  // namespace boxwarp
