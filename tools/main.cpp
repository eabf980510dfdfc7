// The boxwarp command: finds the subcommand, runs it, and turns whatever it throws into a line on stderr and an exit status.
#include <fmt/format.h>

#include <cstdio>
#include <cxxopts.hpp>
#include <exception>
#include <iostream>
#include <span>
#include <string>
#include <string_view>

#include "kernels/executor.hpp"
#include "levels/error.hpp"
#include "tools/command.hpp"

namespace boxwarp {
namespace {

struct Command {
  std::string_view name;
  int (*run)(int argc, char** argv);
  std::string_view summary;
};

constexpr Command kCommands[] = {
    {"train", train_command, "train an agent"},
    {"eval", eval_command, "how many levels an agent solves, with and without thinking"},
    {"watch", watch_command, "see an agent play, in the terminal or as GIF and PNG"},
    {"play", play_command, "play levels by hand"},
    {"replay", replay_command, "check a list of moves, and see it played"},
    {"plot", plot_command, "learning curves of runs as a PNG"},
    {"levels", levels_command, "files of levels: check, show, pack, count, make"},
    {"solve", solve_command, "solutions with the fewest pushes or moves"},
    {"bench", bench_command, "how fast environments are, and training should be"},
    {"info", info_command, "what this program was built from and what it runs on"},
};

constexpr int kFailure = 1, kBadInput = 2, kDeviceFailure = 3;

std::string help() {
  std::string text =
      "boxwarp: Sokoban as bits, a recurrent agent that plans, and its training\n\n"
      "Usage: boxwarp COMMAND [OPTION...]\n\nCommands:\n";
  for (const Command& command : kCommands) text += fmt::format("  {:<8} {}\n", command.name, command.summary);
  text +=
      "\n  boxwarp COMMAND --help  options of a command, with examples\n"
      "  boxwarp --version       version of this program\n\n"
      "Exit status: 0 done, 1 failure (disk full, non-finite loss), 2 bad input, 3 device, 130 stopped by a signal.\n";
  return text;
}

std::string command_names() {
  std::string names;
  for (const Command& command : kCommands) names += (names.empty() ? "" : ", ") + std::string(command.name);
  return names;
}

int run(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "{}", help());
    return kBadInput;
  }
  const std::string_view name = argv[1];
  if (name == "--help" || name == "-h" || name == "help") {
    fmt::print("{}", help());
    return 0;
  }
  if (name == "--version") {
    fmt::print("boxwarp {}\n", BOXWARP_VERSION);
    return 0;
  }
  for (const Command& command : kCommands) {
    if (command.name == name) return command.run(argc - 1, argv + 1);
  }
  throw BadInput(fmt::format("unknown command '{}'; the commands are {}", name, command_names()));
}

// Output that could not be written (disk full, closed pipe) must not end as success.
int flushed(int status) {
  std::cout.flush();
  const bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout.good();
  if (written || status != 0) return status;
  fmt::print(stderr, "boxwarp: standard output could not be written\n");
  return kFailure;
}

int guarded(int argc, char** argv) {
  const auto fail = [](const std::exception& error, int status) {
    std::fflush(stdout);
    fmt::print(stderr, "boxwarp: {}\n", error.what());
    return status;
  };
  try {
    return flushed(run(argc, argv));
  } catch (const BadInput& error) {
    return fail(error, kBadInput);
  } catch (const DeviceError& error) {
    return fail(error, kDeviceFailure);
  } catch (const cxxopts::exceptions::exception& error) {
    return fail(error, kBadInput);
  } catch (const std::exception& error) {
    return fail(error, kFailure);
  }
}

}  // namespace
}  // namespace boxwarp

int main(int argc, char** argv) { return boxwarp::guarded(argc, argv); }
