// The beginning and the end of an update.
#include "host/cpu/learn.hpp"

namespace boxwarp::cpu {

void begin_update(Executor&, const UpdateSchedules& schedules, LearnClock* clock, UpdateReport* report) {
  clock->learning_rate = rate_at(schedules.learning_rate, clock->update);
  clock->entropy = rate_at(schedules.entropy, clock->update);
  *report = {};
  report->learning_rate = clock->learning_rate;
  report->entropy_coefficient = clock->entropy;
}

void end_update(Executor&, int steps, const UpdateReport* report, UpdateReport* reports, int kept, LearnClock* clock) {
  reports[clock->update % kept] = *report;
  ++clock->update;
  clock->step_call += static_cast<std::uint64_t>(steps);
}

}  // namespace boxwarp::cpu
