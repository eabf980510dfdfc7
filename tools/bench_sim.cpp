// boxwarp bench sim: how many steps a second the environments take, by number of environments and levels and by kind of
// observation, as a table, JSON and a picture.
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "host/engine/build_info.hpp"
#include "host/engine/option_names.hpp"
#include "levels/error.hpp"
#include "levels/level_set.hpp"
#include "tools/bench.hpp"
#include "tools/bench_samples.hpp"
#include "tools/gnuplot.hpp"
#include "tools/output_file.hpp"
#include "tools/progress.hpp"
#include "tools/sim_speed.hpp"

namespace boxwarp {

namespace {

constexpr std::uint64_t kSeed = 20240612;

struct SimOptions {
  BenchOptions common;
  std::vector<std::string> levels;
  std::vector<std::int64_t> counts, banks;  // of environments; of levels, 0: the set
  std::vector<BenchKind> kinds;
  BenchRules rules;
  std::string plot;
};

// A bank of so many levels: the set from its beginning, again and again.
std::shared_ptr<const LevelBank> bank_of(const LevelSet& set, std::int64_t count) {
  LevelSet chosen;
  const std::int32_t file = chosen.add_file("bench");
  for (std::int64_t i = 0; i < count; ++i) chosen.add(set.level(i % set.size()), {file, i});
  return std::make_shared<const LevelBank>(std::move(chosen));
}

struct Run {
  std::vector<BenchPoint> points;
  std::string device;
  double copy_bandwidth;  // bytes a second, 0: not measured
  BenchRules rules;

  // Of the bandwidth that copies reach.
  double share(const BenchPoint& point) const { return point.median() * point.bytes_per_step / copy_bandwidth; }
};

std::string as_json(const Run& run) {
  const BuildInfo info = build_info();
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const BenchPoint& point : run.points) {
    nlohmann::ordered_json row = {{"num_envs", point.num_envs},         {"levels", point.levels},
                                  {"observation", point.kind.name},     {"observation_bytes", point.observation_bytes},
                                  {"memory_bytes", point.memory_bytes}, {"bytes_per_step", point.bytes_per_step},
                                  {"steps_per_second", point.median()}, {"samples", point.samples}};
    if (run.copy_bandwidth > 0) row["share_of_copy_bandwidth"] = run.share(point);
    rows.push_back(row);
  }
  nlohmann::ordered_json json = asked("How many steps a second do the environments take?", run.device);
  json.update(nlohmann::ordered_json{{"highway", info.highway_target},
                                     {"min_steps", run.rules.min_steps},
                                     {"max_steps", run.rules.max_steps},
                                     {"autoreset", word_of(run.rules.auto_reset)},
                                     {"no_op", run.rules.no_op},
                                     {"solved_rule", word_of(run.rules.solved_rule)},
                                     {"end_on_deadlock", run.rules.end_on_deadlock},
                                     {"together", run.rules.together},
                                     {"seed", run.rules.seed}});
  if (run.copy_bandwidth > 0) json["copy_bytes_per_second"] = run.copy_bandwidth;
  json["points"] = rows;
  return json.dump(1) + "\n";
}

void print_table(const Run& run) {
  fmt::print("{}, episodes of {} to {} steps, launches of {}", run.device, run.rules.min_steps, run.rules.max_steps,
             run.rules.together);
  if (run.copy_bandwidth > 0) fmt::print(", copies reach {:.2f} TB/s", run.copy_bandwidth / 1e12);
  fmt::print("\n\nenvironments     levels  observation  memory     bytes/step   M steps/s  lowest to highest   us/step{}\n",
             run.copy_bandwidth > 0 ? "  of copies" : "");
  for (const BenchPoint& point : run.points) {
    fmt::print("{:>12}  {:>9}  {:<11}  {:<9}  {:>10.1f}  {:>10.2f}  {:<18}  {:>8.1f}", grouped(point.num_envs),
               grouped(point.levels), point.kind.name, bytes_text(point.memory_bytes), point.bytes_per_step,
               point.median() / 1e6,
               fmt::format("{:.2f} to {:.2f}", point.samples.front() / 1e6, point.samples.back() / 1e6),
               1e6 * static_cast<double>(point.num_envs) / point.median());
    if (run.copy_bandwidth > 0) fmt::print("  {:>7.1f} %", 100 * run.share(point));
    fmt::print("\n");
  }
}

// Steps a second against the number of environments, a line for each kind of observation and number of levels.
std::string plot_script(const Run& run) {
  std::map<std::string, std::string> lines;
  bool banks_differ = false;
  for (const BenchPoint& point : run.points) banks_differ |= point.levels != run.points.front().levels;
  for (const BenchPoint& point : run.points) {
    std::string name = point.kind.name;
    if (banks_differ) name += fmt::format(", {} levels", grouped(point.levels));
    lines[name] += fmt::format("{} {}\n", point.num_envs, point.median());
  }
  std::string script = "set terminal pngcairo size 900,560 font 'DejaVu Sans,11' noenhanced\n";
  script += "set title " + gnuplot_string("Steps a second, " + run.device) + "\n";
  script +=
      "set logscale xy\nset format y '%.0s %c'\nset format x '%.0s %c'\nset grid\nset key outside right\n"
      "set xlabel 'environments'\nset ylabel 'steps/s of all environments'\n";
  std::string plots;
  int number = 0;
  for (const auto& [name, values] : lines) {
    script += fmt::format("$line{} << END\n{}END\n", number, values);
    plots += fmt::format("{}$line{} using 1:2 with linespoints pointtype 7 linewidth 2 title {}", number == 0 ? "" : ", ",
                         number, gnuplot_string(name));
    ++number;
  }
  return script + "plot " + plots + "\n";
}

// "bench": what `boxwarp bench --help` tells, too.
Arguments declared() {
  Arguments arguments(
      "bench",
      "How many steps a second the environments take: auto-reset and episode statistics on, random actions.\n"
      "The median of five samples of each point. `boxwarp bench net --help` tells of the network, `boxwarp bench\n"
      "train --help` of training.",
      "sim --levels PATH [OPTION...]",
      "  boxwarp bench sim --levels levels/data/quick_train.boxwarp\n"
      "  boxwarp bench sim --levels boxoban/unfiltered/train --envs 64,4096,1048576 --observation none,rgb\n"
      "  boxwarp bench sim --levels test.txt --threads 1 --json\n"
      "  boxwarp bench sim --levels boxoban/unfiltered/train --device cuda --bank 900000,8000000 --plot sweep.png\n");
  auto add = arguments.add();
  add("levels", "files or folders of levels", cxxopts::value<std::vector<std::string>>(), "PATH");
  add("bank", "numbers of levels to play from, repeating the set where it has fewer; 0: the set", by_default("0"), "L,...");
  add("envs", "numbers of environments", by_default("64,1024,4096,65536"), "N,...");
  add("observation", "step_many, or " + words_of(Observation{}) + ", with _hwc or _final behind it",
      by_default("none,step_many,packed,rgb,planes4"), "KIND,...");
  add("min-steps", "shortest cap of an episode", by_default("30"), "S");
  add("max-steps", "longest cap of an episode", by_default("120"), "S");
  add("autoreset", words_of(AutoReset{}), by_default("same_step"), "MODE");
  add("no-op", "a fifth action that does nothing");
  add("solved-rule", words_of(SolvedRule{}), by_default("boxes_matched"), "RULE");
  add("end-on-deadlock", "end episodes on dead boards; not with step_many");
  add("together", "steps of a launch, all of whose actions lie there before; not for step_many, which takes 64",
      by_default("8"), "T");
  add("seconds", "of one sample", by_default("0.2"), "S");
  add("plot", "draw a picture (PNG) of the sweep to this file, which must not exist", by_default(""), "FILE");
  add_bench_options(arguments);
  return arguments;
}

SimOptions options_of(const Arguments& arguments) {
  SimOptions options{.common = bench_options(arguments),
                     .levels = arguments.texts("levels"),
                     .counts = arguments.integers("envs", 1, std::int64_t{1} << 26),
                     .banks = arguments.integers("bank", 0, std::int64_t{1} << 28),
                     .kinds = {},
                     .rules = {},
                     .plot = arguments.text("plot")};
  for (const std::string& name : arguments.list("observation")) options.kinds.push_back(bench_kind(name));
  const int min_steps = static_cast<int>(arguments.integer("min-steps", 1, 1 << 20));
  options.rules = {.seconds = arguments.number("seconds", 0.001, 60),
                   .min_steps = min_steps,
                   .max_steps = static_cast<int>(arguments.integer("max-steps", min_steps, 1 << 20)),
                   .seed = kSeed,
                   .auto_reset = option_named<AutoReset>("--autoreset", arguments.text("autoreset")),
                   .no_op = arguments.flag("no-op"),
                   .solved_rule = option_named<SolvedRule>("--solved-rule", arguments.text("solved-rule")),
                   .end_on_deadlock = arguments.flag("end-on-deadlock"),
                   .together = static_cast<int>(arguments.integer("together", 1, 1024))};
  check_output("plot", options.plot);
  if (options.levels.empty()) throw BadInput("--levels: must be given; for example levels/data/quick_train.boxwarp");
  return options;
}

Run run(const SimOptions& options) {
  const LevelSet set = load_levels(options.levels);
  const Device device = open_device(options.common);
  Run run{.points = {}, .device = device.name, .copy_bandwidth = copy_bandwidth(device), .rules = options.rules};
  Progress progress(static_cast<std::int64_t>(options.banks.size() * options.counts.size() * options.kinds.size()), "points",
                    options.common.quiet);
  for (const std::int64_t levels : options.banks) {
    const auto bank = bank_of(set, levels == 0 ? set.size() : levels);
    for (const std::int64_t count : options.counts) {
      for (const BenchKind& kind : options.kinds) {
        run.points.push_back(measured(bank, device, count, kind, options.rules));
        progress.update(static_cast<std::int64_t>(run.points.size()), kind.name);
      }
    }
  }
  progress.finish();
  return run;
}

}  // namespace

int bench_sim(int argc, char** argv) {
  Arguments arguments = declared();
  if (!arguments.parse(argc, argv)) return 0;
  const SimOptions options = options_of(arguments);
  const Run result = run(options);
  tell(options.common, as_json(result), [&] { print_table(result); });
  if (!options.plot.empty()) write_new_file(options.plot, drawn_by_gnuplot(plot_script(result)));
  return 0;
}

}  // namespace boxwarp
