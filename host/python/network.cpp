#include "host/python/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "host/python/forks.hpp"
#include "kernels/sokoban/board.hpp"
#include "levels/error.hpp"

namespace boxwarp::python {

namespace {

std::size_t rows(const UnrollView& unroll) {
  return static_cast<std::size_t>(unroll.steps) * static_cast<std::size_t>(unroll.boards);
}

// What the device reads: the caller's array, or its copy where the device works.
template <class T>
const T* brought(WorkMemory& memory, const T* from, std::size_t count, T* to) {
  if (!memory.is_far() || from == nullptr) return from;
  memory.upload(to, std::span<const T>(from, count));
  return to;
}

void fetch(const WorkMemory& memory, const float* from, std::size_t count, float* to) {
  if (!memory.is_far() || to == nullptr) return;
  std::ranges::copy(memory.values(from, count), to);
}

}  // namespace

PythonNetwork::PythonNetwork(const NetShape& shape, const std::string& device, int threads, Precision precision)
    : shape_(shape), device_(open_device(device, threads)), mode_{.precision = precision}, process_(forks()) {
  net_ops(device_);
}

PythonNetwork::Room::Room(const PythonNetwork& owner, const NetLimits& all) : limits(all), memory(owner.device_) {
  const NetShape& shape = owner.shape_;
  const NetOps& net = *owner.device_.net;
  MemoryPlan plan("network");
  plan.add("network", &network_memory, net.memory_bytes(shape, limits, owner.mode_));
  if (memory.is_far()) {
    const auto boards = static_cast<std::size_t>(std::max(limits.forward_boards, limits.training_boards));
    const std::size_t steps = boards * static_cast<std::size_t>(std::max(limits.forward_steps, limits.training_steps));
    const std::size_t states = owner.states(static_cast<int>(boards));
    plan.add("boards", &cells, steps * static_cast<std::size_t>(shape.height * shape.width));
    plan.add("boards", &starts, steps);
    for (float** state : {&h_start, &c_start, &h_end, &c_end, &grad_h_start, &grad_c_start})
      plan.add("state", state, states);
    for (float** array : {&logits, &grad_logits})
      plan.add("results", array, steps * static_cast<std::size_t>(shape.actions));
    for (float** array : {&values, &grad_values}) plan.add("results", array, steps);
    for (float** array : {&parameters, &grad_parameters}) plan.add("parameters", array, parameter_count(shape));
  }
  memory.take(plan);
  network = net.create(*owner.device_.executor, shape, limits, owner.mode_, network_memory);
}

// The process first: what was locked when it forked stays locked in the child.
std::unique_lock<std::mutex> PythonNetwork::turn() {
  if (process_ != forks()) throw DeviceError("this network was made before the process forked; make it anew in the child");
  return std::unique_lock(busy_);
}

std::size_t PythonNetwork::states(int boards) const {
  return static_cast<std::size_t>(state_layers(shape_)) * static_cast<std::size_t>(boards) *
         static_cast<std::size_t>(shape_.height * shape_.width) * static_cast<std::size_t>(shape_.channels);
}

std::size_t PythonNetwork::cells(const UnrollView& unroll) const {
  return rows(unroll) * static_cast<std::size_t>(shape_.height * shape_.width);
}

void PythonNetwork::load_into_room() {
  room_->network->load(brought(room_->memory, loaded_.data(), loaded_.size(), room_->parameters));
}

void PythonNetwork::load(std::span<const float> parameters) {
  const auto mine = turn();
  if (parameters.size() != parameter_count(shape_))
    throw BadInput(fmt::format("network: found {} parameters, takes {}", parameters.size(), parameter_count(shape_)));
  if (!loaded_.empty() && std::memcmp(parameters.data(), loaded_.data(), parameters.size_bytes()) == 0) return;
  loaded_.assign(parameters.begin(), parameters.end());
  kept_ = 0;
  if (room_) load_into_room();
}

// The room that there is, or a larger one. What was kept in a smaller one is lost.
void PythonNetwork::make_room(int boards, int steps, bool keep) {
  NetLimits limits =
      room_ ? room_->limits : NetLimits{.forward_boards = 0, .forward_steps = 0, .training_boards = 0, .training_steps = 0};
  const auto grow = [&](int& most_boards, int& most_steps) {
    const bool fits = boards <= most_boards && steps <= most_steps;
    most_boards = std::max(most_boards, boards);
    most_steps = std::max(most_steps, steps);
    return fits;
  };
  if (keep ? grow(limits.training_boards, limits.training_steps) : grow(limits.forward_boards, limits.forward_steps)) return;
  kept_ = 0;
  room_.reset();  // its memory may be what the larger one needs
  room_ = std::make_unique<Room>(*this, limits);
  load_into_room();
}

std::int64_t PythonNetwork::forward(const UnrollView& unroll, bool keep) {
  const auto mine = turn();
  if (loaded_.empty()) throw std::logic_error("network: forward before the first load");
  const std::size_t all = cells(unroll);
  if (const auto* bad = std::find_if(unroll.cells, unroll.cells + all, [](std::uint8_t code) { return code >= kCellCodes; });
      bad != unroll.cells + all)
    throw BadInput(
        fmt::format("network: cell {} holds code {}, codes are 0 to {}", bad - unroll.cells, *bad, kCellCodes - 1));
  make_room(unroll.boards, unroll.steps, keep);
  Room& room = *room_;
  const bool far = room.memory.is_far();
  const std::size_t count = rows(unroll), state = states(unroll.boards);
  UnrollView there = unroll;
  there.cells = brought(room.memory, unroll.cells, all, room.cells);
  there.episode_starts = brought(room.memory, unroll.episode_starts, count, room.starts);
  there.h_start = brought(room.memory, unroll.h_start, state, room.h_start);
  there.c_start = brought(room.memory, unroll.c_start, state, room.c_start);
  if (far) {
    there.logits = room.logits;
    there.values = room.values;
    there.h_end = unroll.h_end == nullptr ? nullptr : room.h_end;
    there.c_end = unroll.c_end == nullptr ? nullptr : room.c_end;
  }
  if (keep || far) kept_ = 0;  // the inputs of what is kept lie where these go
  room.network->forward(there, keep);
  fetch(room.memory, room.logits, count * static_cast<std::size_t>(shape_.actions), unroll.logits);
  fetch(room.memory, room.values, count, unroll.values);
  fetch(room.memory, room.h_end, state, unroll.h_end);
  fetch(room.memory, room.c_end, state, unroll.c_end);
  if (!keep) return 0;
  return kept_ = ++last_;
}

bool PythonNetwork::keeps(std::int64_t number) {
  const auto mine = turn();
  return number != 0 && number == kept_;
}

void PythonNetwork::demand_kept(std::int64_t number) const {
  if (number == 0 || number != kept_) throw std::logic_error("network: what this forward kept is not there any more");
}

bool PythonNetwork::activations(std::int64_t number, const ActivationsView& view) {
  const auto mine = turn();
  demand_kept(number);
  return room_->network->activations(view);
}

void PythonNetwork::backward(std::int64_t number, const UnrollView& unroll, const UnrollGradientView& gradient) {
  const auto mine = turn();
  demand_kept(number);
  Room& room = *room_;
  const bool far = room.memory.is_far();
  const std::size_t count = rows(unroll), state = states(unroll.boards);
  UnrollView there = unroll;
  UnrollGradientView gradient_there = gradient;
  gradient_there.grad_logits =
      brought(room.memory, gradient.grad_logits, count * static_cast<std::size_t>(shape_.actions), room.grad_logits);
  gradient_there.grad_values = brought(room.memory, gradient.grad_values, count, room.grad_values);
  if (far) {  // the unroll's inputs are still there
    there.cells = room.cells;
    there.episode_starts = room.starts;
    there.h_start = room.h_start;
    there.c_start = room.c_start;
    gradient_there.grad_parameters = room.grad_parameters;
    gradient_there.grad_h_start = gradient.grad_h_start == nullptr ? nullptr : room.grad_h_start;
    gradient_there.grad_c_start = gradient.grad_c_start == nullptr ? nullptr : room.grad_c_start;
  }
  kept_ = 0;
  room.network->backward(there, gradient_there);
  fetch(room.memory, room.grad_parameters, parameter_count(shape_), gradient.grad_parameters);
  fetch(room.memory, room.grad_h_start, state, gradient.grad_h_start);
  fetch(room.memory, room.grad_c_start, state, gradient.grad_c_start);
}

}  // namespace boxwarp::python
