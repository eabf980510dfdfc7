// What the V-trace and the PPO loss share on a processor: boards in pieces,
// whose sums are added up in order.
#pragma once

#include <functional>

#include "host/cpu/thread_pool.hpp"
#include "kernels/learn/losses.hpp"

namespace boxwarp::cpu {

// Throws std::invalid_argument where a trajectory is empty or holds an action
// that is none of its A.
void check_trajectory(const char* operation, const TrajectoryView& trajectory);

// Runs board(b, sums) for every board, pieces of a fixed number of boards at a
// time, and adds what they come to to the report.
void over_boards(Executor& executor, const TrajectoryView& trajectory, UpdateReport* report,
                 const std::function<void(std::size_t, LossSums&)>& board);

}  // namespace boxwarp::cpu
