#include "host/cpu/loss.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace boxwarp::cpu {

namespace {

constexpr int kBoardsPerPiece = 16;  // a fixed size: the order of sums must not follow the number of threads

}  // namespace

void check_trajectory(const char* operation, const TrajectoryView& trajectory) {
  if (trajectory.steps < 1 || trajectory.boards < 1 || trajectory.actions < 1)
    throw std::invalid_argument(std::string(operation) + ": steps, boards and actions must be at least 1");
  const std::int64_t samples = std::int64_t{trajectory.steps} * trajectory.boards;
  const auto bad = std::find_if(trajectory.action, trajectory.action + samples,
                                [&](std::uint8_t action) { return action >= trajectory.actions; });
  if (bad != trajectory.action + samples)
    throw std::invalid_argument(std::string(operation) + ": action " + std::to_string(*bad) + " of board " +
                                std::to_string((bad - trajectory.action) % trajectory.boards) + " is not below " +
                                std::to_string(trajectory.actions));
}

void over_boards(Executor& executor, const TrajectoryView& trajectory, UpdateReport* report,
                 const std::function<void(std::size_t, LossSums&)>& board) {
  const int pieces = (trajectory.boards + kBoardsPerPiece - 1) / kBoardsPerPiece;
  std::vector<LossSums> parts(static_cast<std::size_t>(pieces));
  static_cast<ThreadPool&>(executor).run(pieces, [&](std::int64_t piece, int) {
    const int begin = static_cast<int>(piece) * kBoardsPerPiece;
    const int end = std::min(begin + kBoardsPerPiece, trajectory.boards);
    for (int b = begin; b < end; ++b) board(static_cast<std::size_t>(b), parts[static_cast<std::size_t>(piece)]);
  });
  LossSums sums;
  for (const LossSums& part : parts) sums.add(part);
  add_loss(sums, trajectory.steps, trajectory.boards, *report);
}

}  // namespace boxwarp::cpu
