// boxwarp bench train: frames a second of environments, of play, and of training.
#pragma once

namespace boxwarp {

// argv[0] is "train"; else like the subcommands (tools/command.hpp).
int bench_train(int argc, char** argv);

}  // namespace boxwarp
