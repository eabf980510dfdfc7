// boxwarp train: a run from a preset, or the rest of one that was stopped.
#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "host/learner/continuation.hpp"
#include "host/learner/net_shape_json.hpp"
#include "host/learner/run_folder.hpp"
#include "levels/error.hpp"
#include "levels/generate/starts.hpp"
#include "tools/arguments.hpp"
#include "tools/command.hpp"
#include "tools/progress.hpp"

namespace boxwarp {

namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr int kStoppedBySignal = 130;
constexpr std::int64_t kFramesForGpus = 100'000'000;  // days on a processor, with the network of the paper
constexpr double kSecondsAtOnce = 0.5;  // of updates on a device, of which the program hears nothing before all are done
volatile std::sig_atomic_t g_stop = 0;

void catch_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { g_stop = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // a second Ctrl-C stops at once
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// What the run starts from, then the file, then the options; every mistake is collected.
TrainConfig configured(const Arguments& arguments, TrainConfig config) {
  std::vector<std::string> mistakes;
  if (arguments.has("config")) {
    const std::string path = arguments.text("config");
    std::ifstream file(path);
    if (!file) throw BadInput(fmt::format("--config {}: cannot be read", path));
    try {
      apply_json(Json::parse(file), config, mistakes);
    } catch (const Json::parse_error& error) {
      throw BadInput(fmt::format("--config {}: {}", path, error.what()));
    }
  }
  if (arguments.has("frames")) config.frames = arguments.integer("frames", 1, kMostFrames);
  if (arguments.has("seed"))
    config.seed = static_cast<std::uint64_t>(arguments.integer("seed", 0, std::numeric_limits<std::int64_t>::max()));
  for (const std::string& setting : arguments.texts("set")) apply_setting(setting, config, mistakes);
  demand_correct(config, std::move(mistakes));
  return config;
}

void print_settings(const TrainConfig& config) {
  fmt::print("{:<26}{:<15}{}\n", "setting", "value", "what it is");
  for (const Setting& setting : settings_of(config))
    fmt::print("{:<26}{:<15}{}\n", setting.name, setting.value, setting.text);
}

void print_start(const Trainer& trainer, const Device& device, const LevelBank& levels) {
  const TrainConfig& config = trainer.config();
  const Trainer::MemoryUse memory = trainer.memory_use();
  constexpr double kMiB = 1024.0 * 1024.0;
  const auto mib = [](std::size_t bytes) { return static_cast<double>(bytes) / kMiB; };
  fmt::print("{}\n", to_json(config).dump(2));
  fmt::print("device      {}\n", device.name);
  if (!device.note.empty()) fmt::print("note        {}\n", device.note);
  fmt::print("levels      {} of up to {}x{}\n", grouped(levels.levels().size()), levels.view().height, levels.view().width);
  fmt::print("network     {}, {} parameters, norm {:.2f}\n", name_of(config.network),
             grouped(static_cast<std::int64_t>(parameter_count(config.network))), trainer.parameter_norm());
  fmt::print("kernels     {}\n", trainer.kernels());
  fmt::print(
      "memory      {:.1f} MiB: network {:.1f}, rollout {:.1f}, parameters and moments {:.1f}, environments {:.1f}, levels "
      "{:.1f}\n",
      mib(memory.total()), mib(memory.network), mib(memory.rollout), mib(memory.parameters), mib(memory.environments),
      mib(memory.levels));
  fmt::print("length      {} updates of {} frames\n", grouped(config.updates()), grouped(config.frames_per_update()));
  if (config.schedule_frames != 0 && config.frames > config.schedule_frames)
    fmt::print("note        the schedules end at frame {}; --set schedule_frames=0 stretches them over the run\n",
               grouped(config.schedule_frames));
  const std::vector<std::string>& files = levels.levels().files();
  if (config.curriculum > 0 && files.size() == 1 && names_starts(files[0]) && !parse_starts(files[0]).has_count)
    fmt::print(
        "note        under a curriculum the run plays no other levels than these {}; --set curriculum=0 draws new ones "
        "all the time\n",
        grouped(levels.levels().size()));
  if (device.far_memory == nullptr && config.frames >= kFramesForGpus)
    fmt::print("note        so many frames are for a GPU; on a processor --preset quick learns in minutes\n");
  std::fflush(stdout);
}

std::string figures(const UpdateMetrics& m) {
  std::string text =
      fmt::format("solved {:.3f}  return {:.2f}  entropy {:.3f}  policy {:.4f}  value {:.4f}  gradient {:.3f}",
                  m.episodes.solved_share(), m.mean_return, m.entropy, m.policy_loss, m.value_loss, m.gradient_norm);
  if (m.fresh_levels > 0) text += fmt::format("  level reuse {:.1f}", m.level_reuse());
  if (m.levels_kept > 0) text += fmt::format("  {} of {} new levels not found", m.levels_kept, m.fresh_levels);
  return text;
}

// Updates until the run is done or a signal asks to stop; saves every checkpoint_minutes and at the end.
int run(Trainer& trainer, RunFolder& folder, bool quiet) {
  const Clock::time_point start = Clock::now();
  Clock::time_point saved = start;
  Progress progress(trainer.config().updates() * trainer.config().frames_per_update(), "frames", quiet, trainer.frames());
  int at_once = 1;
  while (!trainer.finished() && g_stop == 0) {
    const double before = seconds_since(start);
    const std::vector<UpdateMetrics> updates = trainer.update(folder.updates_to_snapshot(trainer, at_once));
    const double each = (seconds_since(start) - before) / static_cast<double>(updates.size());
    double seconds = folder.seconds_before() + before;
    for (const UpdateMetrics& metrics : updates) folder.append(metrics, seconds += each);
    folder.save_snapshot(trainer);
    progress.update(updates.back().frames, figures(updates.back()));
    at_once = static_cast<int>(std::clamp(kSecondsAtOnce / each, 1.0, static_cast<double>(trainer.most_at_once())));
    if (seconds_since(saved) >= 60 * trainer.config().checkpoint_minutes) {
      folder.save(trainer);
      saved = Clock::now();
    }
  }
  folder.save(trainer);
  progress.finish();
  if (!trainer.finished()) {
    fmt::print("stopped after {} frames; {} goes on with --resume\n", grouped(trainer.frames()),
               folder.checkpoint().string());
    return kStoppedBySignal;
  }
  fmt::print("trained {} frames; weights in {}\n", grouped(trainer.frames()), folder.model().string());
  return 0;
}

// The same, and what stops it early (a loss that is not finite, a full disk) is told with what there is to go on from.
int run_to_the_end(Trainer& trainer, RunFolder& folder, bool quiet) {
  catch_signals();
  try {
    return run(trainer, folder, quiet);
  } catch (const std::runtime_error& error) {
    const std::string text = fmt::format("{}; the last good checkpoint is {}", error.what(), folder.checkpoint().string());
    if (dynamic_cast<const DeviceError*>(&error) != nullptr) throw DeviceError(text);
    throw std::runtime_error(text);
  }
}

}  // namespace

int train_command(int argc, char** argv) {
  Arguments arguments(
      "train", "Train an agent; everything about the run lies in the folder --out",
      "--levels PATH --out DIR [--preset P] [--frames F]",
      "  boxwarp train --preset quick --levels levels/data/quick_train.boxwarp --out runs/first\n"
      "  boxwarp train --preset paper --levels boxoban-levels/unfiltered/train --frames 100000000 --out runs/paper\n"
      "  boxwarp train --settings --preset quick\n"
      "  boxwarp train --out runs/first --resume\n"
      "  boxwarp train --continue-from runs/first/light.safetensors --levels levels/data/quick_train.boxwarp \\\n"
      "                --out runs/second\n"
      "  boxwarp train --preset quick --levels generated:size=8x8,boxes=2,count=10000 --out runs/two \\\n"
      "                --set network.ticks=2 --set learning_rate=1e-3\n");
  arguments.add()("preset",
                  "where the configuration starts: paper, throughput, throughput24 (for GPUs of 80 and 24 GB), quick",
                  by_default("paper"))("levels", "level file, folder or generated:..., may be given several times",
                                       cxxopts::value<std::string>())(
      "frames", "length of the run in environment steps (default: the preset's)", cxxopts::value<std::string>())(
      "out", "folder of the run: config.json, metrics.jsonl, checkpoint, light checkpoint and model (.safetensors)",
      cxxopts::value<std::string>())("seed", "seed of everything random (default: 0)", cxxopts::value<std::string>())(
      "settings", "only list all settings with their values, by the preset and what is given here, and what they are")(
      "set", "change one setting, name=value; may be given several times", cxxopts::value<std::string>())(
      "config", "JSON file of settings, applied before --set", cxxopts::value<std::string>())(
      "resume", "go on with the run in --out from its checkpoint")(
      "continue-from",
      "light checkpoint (light.safetensors) of a run to go on with in --out, with fresh episodes; or weights alone, a file "
      "or a shipped agent, to begin with",
      cxxopts::value<std::string>(), "FILE")("device", "auto, cpu, cuda or cuda:N", by_default("auto"))(
      "threads", "threads of the processor, 0 for all cores", by_default("0"))("quiet", "no progress");
  if (!arguments.parse(argc, argv)) return 0;
  const std::string preset_name = arguments.has("preset") ? arguments.text("preset") : "";
  if (arguments.flag("settings")) {
    print_settings(configured(arguments, base_config(preset_name, nullptr)));
    return 0;
  }
  const std::string out = arguments.required("out");
  const bool resume = arguments.flag("resume");

  std::unique_ptr<RunFolder> folder;
  if (resume) folder = std::make_unique<RunFolder>(RunFolder::open(out));
  const bool continues = arguments.has("continue-from");
  if (resume && continues) throw BadInput("--resume goes on in --out, --continue-from in a new folder: take one of them");
  std::optional<Continuation> continuation;
  if (continues) continuation.emplace(arguments.text("continue-from"));
  TrainConfig before;
  if (resume) before = folder->config();
  const TrainConfig config = configured(
      arguments, continues ? continuation->config(preset_name) : base_config(preset_name, resume ? &before : nullptr));
  std::vector<std::string> paths = arguments.texts("levels");
  if (paths.empty() && resume) paths = folder->levels();
  if (paths.empty()) arguments.required("levels");

  const Device device = open_device(arguments.text("device"), arguments.threads());
  const auto levels = std::make_shared<const LevelBank>(load_levels(paths));
  Trainer trainer(config, levels, device);
  if (continues) continuation->give(trainer);
  if (resume)
    folder->resume(trainer);
  else
    folder = std::make_unique<RunFolder>(RunFolder::create(out, paths));  // when nothing can be refused any more
  folder->write_config(trainer);
  print_start(trainer, device, *levels);
  if (continues && !continuation->note().empty()) fmt::print("note        {}\n", continuation->note());
  if (resume && trainer.finished()) fmt::print("note        this run is at its end; --frames N makes it longer\n");
  if (!resume) folder->save(trainer);  // from here on there is always something to go on with
  return run_to_the_end(trainer, *folder, arguments.flag("quiet"));
}

}  // namespace boxwarp
