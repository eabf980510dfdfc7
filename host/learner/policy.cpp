#include "host/learner/policy.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "levels/error.hpp"

namespace boxwarp {

Policy::Policy(const Weights& weights, int most, const Device& device)
    : shape_(weights.shape),
      most_(most),
      device_(device),
      network_(
          net_ops(device).create(*device.executor, shape_,
                                 {.forward_boards = most, .forward_steps = 1, .training_boards = 0, .training_steps = 0})) {
  network_->load(weights.values.data());
  start(most);
}

std::size_t Policy::state_size() const { return static_cast<std::size_t>(shape_.height * shape_.width * shape_.channels); }

void Policy::start(int boards) {
  if (boards < 0 || boards > most_) throw BadInput(fmt::format("policy: found {} boards, takes 0 to {}", boards, most_));
  boards_ = boards;
  const auto b = static_cast<std::size_t>(boards);
  h_.assign(static_cast<std::size_t>(state_layers(shape_)) * b * state_size(), 0.0f);
  c_ = h_;
  logits_.resize(b * static_cast<std::size_t>(shape_.actions));
  values_.resize(b);
  no_starts_.resize(b);
}

void Policy::keep(std::span<const std::size_t> boards) {
  for (std::size_t i = 0; i < boards.size(); ++i) {
    if (boards[i] >= static_cast<std::size_t>(boards_) || (i > 0 && boards[i] <= boards[i - 1]))
      throw BadInput(fmt::format("policy: cannot keep board {}, takes ascending boards below {}", boards[i], boards_));
  }
  for (std::vector<float>* state : {&h_, &c_}) {
    float* out = state->data();
    for (std::size_t layer = 0; layer < static_cast<std::size_t>(state_layers(shape_)); ++layer) {
      for (const std::size_t board : boards) {
        const float* from = state->data() + (layer * static_cast<std::size_t>(boards_) + board) * state_size();
        out = std::copy_n(from, state_size(), out);
      }
    }
    state->resize(static_cast<std::size_t>(out - state->data()));
  }
  boards_ = static_cast<int>(boards.size());
  logits_.resize(boards.size() * static_cast<std::size_t>(shape_.actions));
  values_.resize(boards.size());
  no_starts_.resize(boards.size());
}

void Policy::forward(std::span<const std::uint8_t> cells, std::span<const std::uint8_t> starts) {
  const NetShape& s = shape_;
  const std::size_t expected = static_cast<std::size_t>(boards_) * static_cast<std::size_t>(s.height * s.width);
  if (cells.size() != expected)
    throw BadInput(
        fmt::format("policy: found {} cells, takes {} boards of {}x{}", cells.size(), boards_, s.height, s.width));
  if (!starts.empty() && starts.size() != no_starts_.size())
    throw BadInput(fmt::format("policy: found {} start flags, takes {}", starts.size(), no_starts_.size()));
  if (const auto bad = std::ranges::find_if(cells, [](std::uint8_t code) { return code >= kCellCodes; }); bad != cells.end())
    throw BadInput(
        fmt::format("policy: cell {} holds code {}, codes are 0 to {}", bad - cells.begin(), *bad, kCellCodes - 1));
  if (boards_ == 0) return;
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
  const auto actions = static_cast<std::ptrdiff_t>(shape_.actions);
  const auto first = logits_.begin() + board * actions;
  return static_cast<int>(std::max_element(first, first + actions) - first);
}

}  // namespace boxwarp
