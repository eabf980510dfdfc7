// In which order the threads of a block, and the blocks of a grid, take their turns.
#pragma once

#include <cstdint>
#include <ostream>
#include <vector>

namespace boxwarp::emulator {

enum class Order : std::uint8_t { ascending, descending, shuffled };

// shuffled draws a new order for every turn between two barriers; equal seeds give equal runs.
struct Schedule {
  Order threads = Order::ascending;
  Order blocks = Order::ascending;
  std::uint64_t seed = 1;
};

// A correct kernel gives the same result under each of these.
inline std::vector<Schedule> every_schedule() {
  return {{Order::ascending, Order::ascending, 0},
          {Order::descending, Order::descending, 0},
          {Order::shuffled, Order::shuffled, 1},
          {Order::shuffled, Order::shuffled, 2}};
}

inline std::ostream& operator<<(std::ostream& stream, const Schedule& schedule) {
  const char* names[] = {"ascending", "descending", "shuffled"};
  return stream << "threads " << names[static_cast<int>(schedule.threads)] << ", blocks "
                << names[static_cast<int>(schedule.blocks)] << ", seed " << schedule.seed;
}

}  // namespace boxwarp::emulator
