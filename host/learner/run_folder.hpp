// The folder of a training run: config.json, metrics.jsonl, checkpoint.safetensors, light.safetensors, model.safetensors.
#pragma once

#include <filesystem>
#include <fstream>

#include "host/learner/folder_lock.hpp"
#include "host/learner/trainer.hpp"

namespace boxwarp {

class RunFolder {
 public:
  // Makes the folder, empty until write_config, and locks it. Throws BadInput if it exists and is not empty, if another
  // process trains in it, or if config.json cannot hold the names of the levels, which are not UTF-8.
  static RunFolder create(const std::filesystem::path& path, const std::vector<std::string>& levels);
  // Opens the folder of a run that is to go on; throws BadInput if there is none, or if its config.json was not written by
  // this program.
  static RunFolder open(const std::filesystem::path& path);

  // What the run was started with; changes are laid over it by whoever resumes.
  TrainConfig config() const { return config_; }
  const std::vector<std::string>& levels() const { return levels_; }

  // Locks the folder, restores the trainer and drops the lines of metrics.jsonl that were written after its checkpoint.
  // Throws BadInput where another process trains in it, where the trainer's run ends before the checkpoint, and for one that
  // is damaged or of other settings; then it names the light one if that is whole.
  void resume(Trainer& trainer);
  // config.json: the configuration, the levels and the memory that the run takes. Begins metrics.jsonl where there is none.
  void write_config(const Trainer& trainer);
  void append(const UpdateMetrics& metrics, double seconds);
  // light.safetensors, model.safetensors and checkpoint.safetensors, each whole or not at all. The large one comes last:
  // where there is no room or no time for it, there are the small ones to go on from. resume() goes by the checkpoint alone.
  // Throws std::runtime_error, and writes none after an update that was not finite.
  void save(const Trainer& trainer);

  // With snapshot_frames the weights of the first update at or behind each multiple are kept as model-FRAMES.safetensors.
  // Updates to the next of them, `most` at most:
  int updates_to_snapshot(const Trainer& trainer, int most) const;
  // After updates: writes it if it is due, again where it is there. Throws std::runtime_error.
  void save_snapshot(const Trainer& trainer);

  double seconds_before() const { return seconds_before_; }  // of training before this process
  std::filesystem::path checkpoint() const { return path_ / "checkpoint.safetensors"; }
  std::filesystem::path light() const { return path_ / "light.safetensors"; }
  std::filesystem::path model() const { return path_ / "model.safetensors"; }

 private:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}
  void open_metrics();

  std::filesystem::path path_;
  FolderLock lock_;
  TrainConfig config_;
  std::vector<std::string> levels_;
  std::ofstream metrics_;
  double seconds_before_ = 0;
  double last_seconds_ = 0;
};

}  // namespace boxwarp
