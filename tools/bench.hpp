// The parts of `boxwarp bench`, and the options that all of them take: where they run, and where their figures go.
#pragma once

#include <functional>
#include <string>

#include "host/engine/device.hpp"
#include "tools/arguments.hpp"

namespace boxwarp {

// Each takes its own name as argv[0] and returns the exit status.
int bench_net(int argc, char** argv);
int bench_sim(int argc, char** argv);
int bench_train(int argc, char** argv);

struct BenchOptions {
  std::string device;  // as open_device takes it
  int threads;
  bool json, quiet;
  std::string out;  // a file that is not there yet; empty: none
};

// --device, --threads, --json, --out and --quiet.
void add_bench_options(Arguments& arguments);

// Throws BadInput, also if --out cannot be written.
BenchOptions bench_options(const Arguments& arguments);

// The device's note goes to stderr unless --quiet is given.
Device open_device(const BenchOptions& options);

// Writes the JSON to --out, and prints it, or else the table.
void tell(const BenchOptions& options, const std::string& json, const std::function<void()>& print_table);

}  // namespace boxwarp
