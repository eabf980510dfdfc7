// The subcommands of boxwarp. Each takes its own name as argv[0], parses the rest, and returns the exit status; main turns
// BadInput into 2, DeviceError into 3 and any other exception into 1.
#pragma once

namespace boxwarp {

int bench_command(int argc, char** argv);
int eval_command(int argc, char** argv);
int info_command(int argc, char** argv);
int levels_command(int argc, char** argv);
int play_command(int argc, char** argv);
int plot_command(int argc, char** argv);
int replay_command(int argc, char** argv);
int solve_command(int argc, char** argv);
int train_command(int argc, char** argv);
int watch_command(int argc, char** argv);

}  // namespace boxwarp
