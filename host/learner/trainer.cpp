#include "host/learner/trainer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "levels/error.hpp"
#include "levels/generate/generate.hpp"

namespace boxwarp {

namespace {

// Are these the levels of one generator, none left out?
bool is_generated(const LevelSet& set) {
  if (set.files().size() != 1 || !set.files()[0].starts_with(kGeneratedPrefix)) return false;
  const std::string& source = set.files()[0];
  const std::int64_t first = names_starts(source) ? parse_starts(source).first : parse_generated(source).first;
  return set.origin(set.size() - 1).ordinal == first + set.size() - 1;
}

// Levels like a published set never run out, unless a number of them was asked for: a new one for each episode, if none ends
// before its cap.
bool never_run_out(const TrainConfig& config, const LevelSet& set) {
  return config.fresh_levels == 0 && config.curriculum == 0 && is_generated(set) && names_starts(set.files()[0]) &&
         !parse_starts(set.files()[0]).has_count;
}

TrainConfig checked(TrainConfig config, const LevelBank& levels) {
  const LevelBankView bank = levels.view();
  if (config.network.height == 0) config.network.height = bank.height;
  if (config.network.width == 0) config.network.width = bank.width;
  std::vector<std::string> mistakes = mistakes_in(config);
  if (config.network.height < bank.height || config.network.width < bank.width)
    mistakes.push_back(fmt::format("network.height, network.width: found {}x{}, take {}x{} (the largest level) or more",
                                   config.network.height, config.network.width, bank.height, bank.width));
  const LevelSet& set = levels.levels();
  if (never_run_out(config, set) && config.max_steps >= 1) {
    const std::int64_t episodes = (config.frames_per_update() + config.max_steps - 1) / config.max_steps;
    config.fresh_levels = std::clamp<std::int64_t>(episodes, 1, set.size());
  }
  if (config.fresh_levels > 0 && !is_generated(set))
    mistakes.push_back(
        "fresh_levels: takes one set of generated levels, as --levels generated:size=10x10,boxes=4,count=100000");
  if (config.fresh_levels > set.size())
    mistakes.push_back(
        fmt::format("fresh_levels: found {}, takes at most the {} levels of the set", config.fresh_levels, set.size()));
  if (!mistakes.empty()) throw BadInput(fmt::format("configuration:\n  {}", fmt::join(mistakes, "\n  ")));
  return config;
}

}  // namespace

Trainer::Trainer(TrainConfig config, std::shared_ptr<const LevelBank> levels, const Device& device)
    : config_(checked(std::move(config), *levels)),
      levels_(std::move(levels)),
      iteration_(config_, levels_, device),
      level_threads_(std::max(1, device.threads / 2)) {
  limit_levels();
  iteration_.env().reset();
}

int Trainer::most_at_once() const { return iteration_.is_recorded() ? kKeptReports : 1; }

std::vector<UpdateMetrics> Trainer::update(int count) {
  if (!failure_.empty()) throw std::runtime_error(failure_);
  count = std::clamp(count, 1, most_at_once());
  const std::int64_t before = updates_, left = std::max<std::int64_t>(1, config_.updates() - before);
  for (const std::int64_t end = before + std::min<std::int64_t>(count, left); updates_ < end; ++updates_) {
    limit_levels();
    renew_levels();
    iteration_.run();
  }
  const auto done = static_cast<int>(updates_ - before);
  std::vector<std::int64_t> levels_kept(static_cast<std::size_t>(done));
  if (makes_levels_there()) levels_kept = iteration_.levels_kept(updates_, done);
  if (before == 0) levels_kept[0] = 0;  // no new ones were asked for
  std::vector<UpdateMetrics> metrics;
  for (const UpdateReport& report : iteration_.reports(updates_, done)) {
    const std::int64_t number = before + static_cast<std::int64_t>(metrics.size()) + 1;
    UpdateMetrics m = metrics_of(report, number, number * config_.frames_per_update());
    m.fresh_levels = config_.fresh_levels;
    m.levels_kept = levels_kept[metrics.size()];
    if (report.not_finite != 0) {
      failure_ = fmt::format(
          "update {}: the loss or its gradient is not finite (policy loss {}, value loss {}, gradient norm {}); lower "
          "learning_rate or max_gradient_norm",
          number, m.policy_loss, m.value_loss, m.gradient_norm);
      break;
    }
    metrics.push_back(m);
  }
  if (metrics.empty()) throw std::runtime_error(failure_);
  return metrics;
}

// The levels lie in order of difficulty where a curriculum is wanted: it starts with the first of them and grows evenly.
void Trainer::limit_levels() {
  if (config_.curriculum == 0) return;
  const double passed =
      static_cast<double>(updates_) / (config_.curriculum * static_cast<double>(config_.scheduled_updates()));
  const double share = config_.curriculum_start + (1 - config_.curriculum_start) * std::min(1.0, passed);
  const auto all = static_cast<double>(levels_->levels().size());
  iteration_.env().limit_levels(std::max<std::int64_t>(1, std::llround(share * all)));
}

bool Trainer::makes_levels_there() const { return config_.fresh_levels > 0 && !names_starts(levels_->levels().files()[0]); }

// The generator's levels follow on those of the set, round and round its places, so that any update's levels are known.
void Trainer::renew_levels() {
  if (config_.fresh_levels == 0) return;
  const LevelSet& set = levels_->levels();
  const std::int64_t made = std::max<std::int64_t>(0, updates_ - 1) * config_.fresh_levels;
  if (!makes_levels_there()) return replace_levels(made);  // all of them, or it throws
  if (updates_ == 0) return;
  const GenerateOptions options = parse_generated(set.files()[0]);
  for (std::int64_t done = 0; done < config_.fresh_levels;) {
    const std::int64_t slot = (made + done) % set.size();
    const std::int64_t count = std::min(config_.fresh_levels - done, set.size() - slot);
    iteration_.renew_levels(options.play, {options.seed, options.first + set.size() + made + done, count}, slot, updates_,
                            done);
    done += count;
  }
}

// The same with levels of the pool, which begins to make them before the first update.
void Trainer::replace_levels(std::int64_t made) {
  const LevelSet& set = levels_->levels();
  if (pool_ == nullptr) {
    constexpr std::int64_t kUpdatesAhead = 4;
    pool_ = std::make_unique<LevelPool>(parse_starts(set.files()[0]), set.size() + made, level_threads_,
                                        kUpdatesAhead * config_.fresh_levels);
  }
  if (pool_->taken() != set.size() + made) pool_->restart(set.size() + made);
  if (updates_ == 0) return;
  for (std::int64_t done = 0; done < config_.fresh_levels;) {
    const std::int64_t slot = (made + done) % set.size();
    const std::int64_t count = std::min(config_.fresh_levels - done, set.size() - slot);
    LevelSet fresh;
    const std::int32_t file = fresh.add_file(set.files()[0]);
    for (const LevelRows& level : pool_->take(count)) fresh.add(level, {file, 0});
    iteration_.env().replace_levels(LevelBank(std::move(fresh), levels_->view().tier == Tier::large), slot);
    done += count;
  }
}

std::string Trainer::kernels() const {
  return fmt::format("{}{}", iteration_.kernels(), iteration_.mode().recompute ? ", activations computed again" : "");
}

Trainer::MemoryUse Trainer::memory_use() const {
  const Iteration::MemoryUse use = iteration_.memory_use();
  std::size_t bank = 0;  // a device has a copy of its own among the environments' arrays
  for (const MemoryPart& part : iteration_.env().memory_parts())
    if (part.name == "level bank") bank += part.bytes;
  return {.network = use.network,
          .rollout = use.rollout,
          .parameters = use.parameters,
          .environments = use.environments - bank,
          .levels = bank != 0 ? bank : levels_->memory_bytes()};
}

}  // namespace boxwarp
