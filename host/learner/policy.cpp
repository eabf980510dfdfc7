#include "host/learner/policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "levels/error.hpp"

namespace boxwarp {

Policy::Policy(const Weights& weights, int most, const Device& device, Precision precision)
    : shape_(weights.shape), most_(most), device_(device), memory_(device) {
  const NetOps& net = *device.net;
  const NetLimits limits{.forward_boards = most, .forward_steps = 1, .training_boards = 0, .training_steps = 0};
  const NetMode mode{.precision = precision, .recompute = false};
  const auto b = static_cast<std::size_t>(most), a = static_cast<std::size_t>(shape_.actions);
  MemoryPlan plan("policy");
  plan.add("network", &network_memory_, net.memory_bytes(shape_, limits, mode));
  plan.add("parameters", &parameters_, weights.values.size());
  plan.add("boards", &cells_, b * cell_count());
  plan.add("boards", &starts_, b);
  plan.add("boards", &columns_, b);
  for (float** state : {&h_, &c_, &kept_h_, &kept_c_})
    plan.add("state", state, static_cast<std::size_t>(state_layers(shape_)) * b * state_size());
  plan.add("results", &work_logits_, b * a);
  plan.add("results", &work_values_, b);
  memory_.take(plan);
  network_ = net.create(*device.executor, shape_, limits, mode, network_memory_);
  memory_.upload(parameters_, std::span<const float>(weights.values));
  network_->load(parameters_);
  start(most);
}

std::size_t Policy::cell_count() const { return static_cast<std::size_t>(shape_.height * shape_.width); }
std::size_t Policy::state_size() const { return cell_count() * static_cast<std::size_t>(shape_.channels); }

void Policy::start(int boards) {
  if (boards < 0 || boards > most_) throw BadInput(fmt::format("policy: found {} boards, takes 0 to {}", boards, most_));
  boards_ = boards;
  fresh_ = true;
  logits_.assign(static_cast<std::size_t>(boards) * static_cast<std::size_t>(shape_.actions), 0.0f);
  values_.assign(static_cast<std::size_t>(boards), 0.0f);
}

void Policy::keep(std::span<const std::size_t> boards) {
  std::vector<std::int32_t> columns;
  for (std::size_t i = 0; i < boards.size(); ++i) {
    if (boards[i] >= static_cast<std::size_t>(boards_) || (i > 0 && boards[i] <= boards[i - 1]))
      throw BadInput(fmt::format("policy: cannot keep board {}, takes ascending boards below {}", boards[i], boards_));
    columns.push_back(static_cast<std::int32_t>(boards[i]));
  }
  memory_.upload(columns_, std::span<const std::int32_t>(columns));
  const auto gather = [&](const float* from, float* to) {
    device_.learn->gather(*device_.executor, {.rows = state_layers(shape_),
                                              .all = boards_,
                                              .count = static_cast<std::int64_t>(columns.size()),
                                              .bytes = sizeof(float) * state_size(),
                                              .columns = columns_,
                                              .from = from,
                                              .to = to});
  };
  if (!columns.empty()) {
    gather(h_, kept_h_);
    gather(c_, kept_c_);
    std::swap(h_, kept_h_);
    std::swap(c_, kept_c_);
  }
  boards_ = static_cast<int>(boards.size());
  logits_.resize(boards.size() * static_cast<std::size_t>(shape_.actions));
  values_.resize(boards.size());
}

void Policy::forward(std::span<const std::uint8_t> cells, std::span<const std::uint8_t> starts) {
  const auto b = static_cast<std::size_t>(boards_);
  if (cells.size() != b * cell_count())
    throw BadInput(
        fmt::format("policy: found {} cells, takes {} boards of {}x{}", cells.size(), boards_, shape_.height, shape_.width));
  if (!starts.empty() && starts.size() != b)
    throw BadInput(fmt::format("policy: found {} start flags, takes {}", starts.size(), b));
  if (const auto bad = std::ranges::find_if(cells, [](std::uint8_t code) { return code >= kCellCodes; }); bad != cells.end())
    throw BadInput(
        fmt::format("policy: cell {} holds code {}, codes are 0 to {}", bad - cells.begin(), *bad, kCellCodes - 1));
  if (boards_ == 0) return;
  const std::vector<std::uint8_t> flags(b, fresh_ ? 1 : 0);
  memory_.upload(cells_, cells);
  memory_.upload(starts_, starts.empty() || fresh_ ? std::span<const std::uint8_t>(flags) : starts);
  fresh_ = false;
  network_->forward({.steps = 1,
                     .boards = boards_,
                     .cells = cells_,
                     .episode_starts = starts_,
                     .h_start = h_,
                     .c_start = c_,
                     .logits = work_logits_,
                     .values = work_values_,
                     .h_end = h_,
                     .c_end = c_},
                    false);
  logits_ = memory_.values(work_logits_, logits_.size());
  values_ = memory_.values(work_values_, values_.size());
}

int Policy::greedy(int board) const {
  const auto actions = static_cast<std::ptrdiff_t>(shape_.actions);
  const auto first = logits_.begin() + board * actions;
  return static_cast<int>(std::max_element(first, first + actions) - first);
}

}  // namespace boxwarp
