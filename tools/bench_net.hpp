// boxwarp bench net: the network and its training.
#pragma once

namespace boxwarp {

// argv[0] is "net"; else like the subcommands (tools/command.hpp).
int bench_net(int argc, char** argv);

}  // namespace boxwarp
