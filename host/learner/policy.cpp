#include "host/learner/policy.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "levels/error.hpp"

namespace boxwarp {

Policy::Policy(Weights weights, int boards, const Device& device)
    : weights_(std::move(weights)),
      boards_(boards),
      device_(device),
      network_(
          device.net->create(*device.executor, weights_.shape,
                             {.forward_boards = boards, .forward_steps = 1, .training_boards = 0, .training_steps = 0})) {
  const NetShape& s = weights_.shape;
  const auto b = static_cast<std::size_t>(boards);
  h_.resize(b * static_cast<std::size_t>(s.layers * s.height * s.width * s.channels));
  c_.resize(h_.size());
  logits_.resize(b * static_cast<std::size_t>(s.actions));
  values_.resize(b);
  no_starts_.resize(b);
  network_->load(weights_.values.data());
}

void Policy::clear_state() {
  std::ranges::fill(h_, 0.0f);
  std::ranges::fill(c_, 0.0f);
}

void Policy::forward(std::span<const std::uint8_t> cells, std::span<const std::uint8_t> starts) {
  const NetShape& s = weights_.shape;
  const std::size_t expected = static_cast<std::size_t>(boards_) * static_cast<std::size_t>(s.height * s.width);
  if (cells.size() != expected)
    throw BadInput(
        fmt::format("policy: found {} cells, takes {} boards of {}x{}", cells.size(), boards_, s.height, s.width));
  if (!starts.empty() && starts.size() != no_starts_.size())
    throw BadInput(fmt::format("policy: found {} start flags, takes {}", starts.size(), no_starts_.size()));
  if (const auto bad = std::ranges::find_if(cells, [](std::uint8_t code) { return code >= kCellCodes; }); bad != cells.end())
    throw BadInput(
        fmt::format("policy: cell {} holds code {}, codes are 0 to {}", bad - cells.begin(), *bad, kCellCodes - 1));
  network_->forward({.steps = 1,
                     .boards = boards_,
                     .cells = cells.data(),
                     .episode_starts = starts.empty() ? no_starts_.data() : starts.data(),
                     .h_start = h_.data(),
                     .c_start = c_.data(),
                     .logits = logits_.data(),
                     .values = values_.data(),
                     .h_end = h_.data(),
                     .c_end = c_.data()},
                    false);
}

int Policy::greedy(int board) const {
  const auto actions = static_cast<std::ptrdiff_t>(weights_.shape.actions);
  const auto first = logits_.begin() + board * actions;
  return static_cast<int>(std::max_element(first, first + actions) - first);
}

}  // namespace boxwarp
