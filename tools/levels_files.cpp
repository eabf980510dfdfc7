// boxwarp levels info, show and pack: what a set holds, in figures, as text, in one file.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "levels/error.hpp"
#include "levels/level_set.hpp"
#include "levels/pack.hpp"
#include "levels/statistics.hpp"
#include "tools/arguments.hpp"
#include "tools/levels.hpp"
#include "tools/measure.hpp"
#include "tools/output_file.hpp"
#include "tools/progress.hpp"

namespace boxwarp {

namespace {

using Json = nlohmann::ordered_json;

void add_lenient(Arguments& arguments) {
  arguments.add()("lenient", "leave bad levels out, and say which, instead of failing");
}

LevelSet loaded(const Arguments& arguments) {
  std::vector<std::string> warnings;
  LevelSet set = load_levels(arguments.positionals(), {.lenient = arguments.flag("lenient")}, &warnings);
  for (const std::string& warning : warnings) fmt::print(stderr, "left out: {}\n", warning);
  return set;
}

constexpr std::int64_t kNodes = 100'000;  // for a level of the small tier

Json as_json(const LevelSet& set, const SetStatistics& statistics) {
  Json sizes = Json::array(), boxes = Json::array();
  for (const auto& [size, levels] : statistics.sizes) {
    sizes.push_back({{"height", size.first}, {"width", size.second}, {"levels", levels}});
  }
  for (const auto& [count, levels] : statistics.boxes) boxes.push_back({{"boxes", count}, {"levels", levels}});
  return {{"levels", statistics.levels},
          {"files", set.files().size()},
          {"height", set.height()},
          {"width", set.width()},
          {"small", set.fits_small()},
          {"sizes", sizes},
          {"boxes", boxes},
          {"floor", {{"mean", statistics.floor_mean}, {"standard_deviation", statistics.floor_sd}}},
          {"duplicates", statistics.duplicates},
          {"layouts", statistics.layouts}};
}

void print_table(const LevelSet& set, const SetStatistics& statistics) {
  const auto line = [](std::string_view what, const std::string& value) { fmt::print("{:<12}{}\n", what, value); };
  std::string sizes, boxes;
  for (const auto& [size, levels] : statistics.sizes) {
    sizes += fmt::format("{}{}x{} ({})", sizes.empty() ? "" : ", ", size.first, size.second, grouped(levels));
  }
  for (const auto& [count, levels] : statistics.boxes) {
    boxes += fmt::format("{}{} ({})", boxes.empty() ? "" : ", ", count, grouped(levels));
  }
  line("levels", fmt::format("{} from {} {}", grouped(statistics.levels), set.files().size(),
                             set.files().size() == 1 ? "file" : "files"));
  line("sizes", sizes);
  line("boxes", boxes);
  line("floor", fmt::format("{:.2f} cells, standard deviation {:.2f}", statistics.floor_mean, statistics.floor_sd));
  line("tier", set.fits_small() ? "small: one 64-bit word a plane" : "large: one 64-bit word a row and plane");
  line("duplicates", grouped(statistics.duplicates));
  line("layouts", grouped(statistics.layouts));
}

void print_figures(const SetFigures& figures) {
  fmt::print("\n{:<56}{:>10}{:>10}\n", "", "mean", "sd");
  for (const NamedFigure& figure : figures.named()) {
    fmt::print("{:<56}{:>10.4g}{:>10}\n", figure.what, figure.mean, figure.sd ? fmt::format("{:.4g}", *figure.sd) : "");
  }
  const std::int64_t solved = figures.outcomes(SolveOutcome::solved);
  if (solved > 0) {
    const Spread pushes = spread_of(figures.pushes());
    fmt::print("{:<56}{:>10.4g}{:>10.4g}\n\nfewest pushes: median {}, most {}; share of levels in %:\n", "fewest pushes",
               pushes.mean, pushes.sd, pushes.median, pushes.max);
    int column = 0;
    for (const auto& [value, levels] : figures.pushes()) {
      fmt::print("{:>5}:{:>6.2f}{}", value, 100 * static_cast<double>(levels) / static_cast<double>(solved),
                 ++column % 8 == 0 ? "\n" : "");
    }
    fmt::print("{}", column % 8 == 0 ? "" : "\n");
  }
  const std::int64_t unsolvable = figures.outcomes(SolveOutcome::unsolvable);
  const std::int64_t unknown = figures.outcomes(SolveOutcome::budget_exceeded);
  if (unsolvable > 0) fmt::print("{} proved unsolvable\n", grouped(unsolvable));
  if (unknown > 0) fmt::print("{} not solved within the budget\n", grouped(unknown));
}

}  // namespace

int levels_info(int argc, char** argv) {
  Arguments arguments("levels info",
                      "How many levels, of what sizes (height x width, with how many levels of each), with how many boxes;\n"
                      "duplicates: levels that came before; layouts: rooms that differ by more than turning and moving",
                      "PATH... [--lenient] [--json] [--nodes N]",
                      "  boxwarp levels info boxoban/unfiltered/test\n  boxwarp levels info levels/data --json\n");
  arguments.add()("json", "print one JSON object")(
      "nodes",
      fmt::format("boards that the solver looks at for a level, for its fewest pushes; 0: none; by default {} where all "
                  "boards are at most 10x10, else none",
                  grouped(kNodes)),
      cxxopts::value<std::string>(), "N")("threads", "levels measured at a time, 0: as many as there are cores",
                                          cxxopts::value<std::string>()->default_value("0"), "K")("quiet", "no progress");
  add_lenient(arguments);
  if (!arguments.parse(argc, argv, "PATH")) return 0;
  const int threads = static_cast<int>(arguments.integer("threads", 0, 1024));
  std::int64_t nodes = arguments.has("nodes") ? arguments.integer("nodes", 0, std::int64_t{1} << 40) : kNodes;
  const LevelSet set = loaded(arguments);
  if (!arguments.has("nodes") && !set.fits_small()) nodes = 0;
  const SetStatistics statistics = statistics_of(set);
  const SetFigures figures = measured(set, nodes, threads, arguments.flag("quiet"));
  if (arguments.flag("json")) {
    Json json = as_json(set, statistics);
    json.update(as_json(figures));
    fmt::print("{}\n", json.dump(2));
  } else {
    print_table(set, statistics);
    print_figures(figures);
  }
  return 0;
}

int levels_show(int argc, char** argv) {
  Arguments arguments("levels show", "Prints levels as text that can be read again; they are numbered from 1.",
                      "PATH... [--level N] [--lenient]",
                      "  boxwarp levels show my_levels.txt\n  boxwarp levels show boxoban/unfiltered/test --level 17\n"
                      "  boxwarp levels show generated:size=8x8,boxes=2,count=5\n");
  arguments.add()("level", "only the N-th level, 0: all", cxxopts::value<std::string>()->default_value("0"), "N");
  add_lenient(arguments);
  if (!arguments.parse(argc, argv, "PATH")) return 0;
  const LevelSet set = loaded(arguments);
  const std::int64_t only = arguments.integer("level", 0, set.size());
  for (std::int64_t number = only > 0 ? only : 1; number <= (only > 0 ? only : set.size()); ++number) {
    fmt::print("{}", text_entry(set.level(number - 1), number));
  }
  return 0;
}

int levels_pack(int argc, char** argv) {
  Arguments arguments("levels pack",
                      "Writes levels into one file that is read at once: a Boxoban level takes 25 bytes. Titles, files and\n"
                      "numbers in them are kept.",
                      "PATH... --out FILE [--lenient]",
                      "  boxwarp levels pack boxoban/unfiltered/train --out train.boxwarp\n"
                      "  boxwarp levels pack easy.txt hard.txt --lenient --out both.boxwarp\n");
  arguments.add()("out", "file to write, which must not exist", cxxopts::value<std::string>(), "FILE");
  add_lenient(arguments);
  if (!arguments.parse(argc, argv, "PATH")) return 0;
  const std::string out = arguments.required("out");
  check_output("out", out);
  const LevelSet set = loaded(arguments);
  const std::string bytes = packed(set);
  write_new_file(out, bytes);
  fmt::print("{}: {} levels, {} bytes\n", out, grouped(set.size()), grouped(static_cast<std::int64_t>(bytes.size())));
  return 0;
}

}  // namespace boxwarp
