// boxwarp bench: speeds, of the environments, the network and the training.
#include "tools/bench.hpp"

#include <fmt/format.h>

#include <string_view>

#include "levels/error.hpp"
#include "tools/command.hpp"
#include "tools/output_file.hpp"

namespace boxwarp {

int bench_command(int argc, char** argv) {
  const std::string_view part = argc > 1 ? argv[1] : "";
  if (part == "sim") return bench_sim(argc - 1, argv + 1);
  if (part == "net") return bench_net(argc - 1, argv + 1);
  if (part == "train") return bench_train(argc - 1, argv + 1);
  if (part == "--help" || part == "-h") return bench_sim(argc, argv);  // its help tells of the others
  throw BadInput("bench: say what to measure: sim (steps of the environments), net (the network) or train (training)");
}

void add_bench_options(Arguments& arguments) {
  auto add = arguments.add();
  add("device", "auto, cpu, cuda, cuda:N", by_default("auto"), "D");
  add("threads", "of the processor, 0: all cores", by_default("0"), "N");
  add("json", "print JSON instead of a table");
  add("out", "write the JSON to this file, which must not exist", by_default(""), "FILE");
  add("quiet", "no progress and no notes on stderr");
}

BenchOptions bench_options(const Arguments& arguments) {
  BenchOptions options{.device = arguments.text("device"),
                       .threads = arguments.threads(),
                       .json = arguments.flag("json"),
                       .quiet = arguments.flag("quiet"),
                       .out = arguments.text("out")};
  check_output("out", options.out);
  return options;
}

Device open_device(const BenchOptions& options) {
  Device device = open_device(options.device, options.threads);
  if (!device.note.empty() && !options.quiet) fmt::print(stderr, "{}\n", device.note);
  return device;
}

void tell(const BenchOptions& options, const std::string& json, const std::function<void()>& print_table) {
  if (!options.out.empty()) write_new_file(options.out, json);
  if (options.json) {
    fmt::print("{}", json);
  } else {
    print_table();
  }
}

}  // namespace boxwarp
