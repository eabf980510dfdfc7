#include "host/learner/minibatch.hpp"

#include <algorithm>
#include <cmath>

namespace boxwarp {

namespace {

// Copies columns: row r of `from` has N items of `size` elements, row r of `to` the items named by `columns`.
template <class Element>
void gather_columns(const std::vector<Element>& from, std::size_t rows, std::size_t all, std::size_t size,
                    std::span<const std::int32_t> columns, std::vector<Element>& to) {
  Element* out = to.data();
  for (std::size_t row = 0; row < rows; ++row) {
    for (const std::int32_t column : columns) {
      out = std::copy_n(from.data() + (row * all + static_cast<std::size_t>(column)) * size, size, out);
    }
  }
}

}  // namespace

Minibatch::Minibatch(const Rollout& rollout, int boards_, bool bootstrap_)
    : steps(rollout.steps), boards(boards_), bootstrap(bootstrap_) {
  const auto b = static_cast<std::size_t>(boards), tb = static_cast<std::size_t>(steps) * b;
  const auto a = static_cast<std::size_t>(rollout.actions);
  cells.resize((tb + b) * rollout.board_cells);
  starts.resize(tb + b);
  h_start.resize(static_cast<std::size_t>(rollout.layers) * b * rollout.state_size);
  c_start.resize(h_start.size());
  behaviour_logits.resize(tb * a);
  for (auto* array : {&reward, &advantage, &target}) array->resize(tb);
  action.resize(tb);
  done.resize(tb);
  truncated.resize(tb);
  for (auto* array : {&logits, &grad_logits}) array->resize((tb + b) * a);
  for (auto* array : {&values, &grad_values}) array->resize(tb + b);
}

void Minibatch::gather(const Rollout& rollout, std::span<const std::int32_t> environments,
                       std::span<const float> all_advantages, std::span<const float> all_targets) {
  const auto t = static_cast<std::size_t>(steps), n = static_cast<std::size_t>(rollout.boards);
  gather_columns(rollout.cells, t + 1, n, rollout.board_cells, environments, cells);
  gather_columns(rollout.starts, t + 1, n, 1, environments, starts);
  gather_columns(rollout.h_start, static_cast<std::size_t>(rollout.layers), n, rollout.state_size, environments, h_start);
  gather_columns(rollout.c_start, static_cast<std::size_t>(rollout.layers), n, rollout.state_size, environments, c_start);
  gather_columns(rollout.logits, t, n, static_cast<std::size_t>(rollout.actions), environments, behaviour_logits);
  gather_columns(rollout.action, t, n, 1, environments, action);
  gather_columns(rollout.reward, t, n, 1, environments, reward);
  gather_columns(rollout.done, t, n, 1, environments, done);
  gather_columns(rollout.truncated, t, n, 1, environments, truncated);
  if (all_advantages.empty()) return;
  for (std::size_t row = 0, out = 0; row < t; ++row) {
    for (const std::int32_t environment : environments) {
      advantage[out] = all_advantages[row * n + static_cast<std::size_t>(environment)];
      target[out++] = all_targets[row * n + static_cast<std::size_t>(environment)];
    }
  }
}

UnrollView Minibatch::unroll() {
  return {.steps = bootstrap ? steps + 1 : steps,
          .boards = boards,
          .cells = cells.data(),
          .episode_starts = starts.data(),
          .h_start = h_start.data(),
          .c_start = c_start.data(),
          .logits = logits.data(),
          .values = values.data(),
          .h_end = nullptr,
          .c_end = nullptr};
}

std::size_t Minibatch::memory_bytes() const {
  std::size_t floats = 0;
  for (const auto* array :
       {&h_start, &c_start, &behaviour_logits, &reward, &advantage, &target, &logits, &values, &grad_logits, &grad_values})
    floats += array->size();
  return cells.size() + starts.size() + done.size() + truncated.size() + sizeof(float) * floats +
         sizeof(std::int32_t) * action.size();
}

void normalise(std::span<float> x) {
  if (x.size() < 2) return;
  double sum = 0, square_sum = 0;
  for (const float value : x) sum += value;
  const double mean = sum / static_cast<double>(x.size());
  for (const float value : x) square_sum += (value - mean) * (value - mean);
  const double deviation = std::sqrt(square_sum / static_cast<double>(x.size() - 1));
  for (float& value : x) value = static_cast<float>((value - mean) / (deviation + 1e-8));
}

}  // namespace boxwarp
