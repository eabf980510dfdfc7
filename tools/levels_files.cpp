// boxwarp levels info, show and pack: what a set holds, in figures, as text, in one file.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "levels/error.hpp"
#include "levels/game.hpp"
#include "levels/level_set.hpp"
#include "levels/pack.hpp"
#include "levels/statistics.hpp"
#include "tools/arguments.hpp"
#include "tools/levels.hpp"
#include "tools/measure.hpp"
#include "tools/output_file.hpp"
#include "tools/picture.hpp"
#include "tools/png.hpp"
#include "tools/progress.hpp"

namespace boxwarp {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kMostDrawn = 100, kMostPixels = 100'000'000;
constexpr Colour kPaper{250, 250, 247};

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
  line("levels", fmt::format("{} from {}", grouped(statistics.levels),
                             counted(static_cast<std::int64_t>(set.files().size()), "file", "files")));
  line("sizes", sizes);
  line("boxes", boxes);
  line("floor", fmt::format("{:.2f} cells, standard deviation {:.2f}", statistics.floor_mean, statistics.floor_sd));
  line("tier", set.fits_small() ? "small: one 64-bit word a plane" : "large: one 64-bit word a row and plane");
  line("duplicates", grouped(statistics.duplicates));
  line("layouts", grouped(statistics.layouts));
}

// Levels in rows, as many columns as rows, each in the middle of a field as large as the largest of them.
Picture sheet(const LevelSet& set, std::int64_t first, std::int64_t last, const Tiles& tiles) {
  const auto count = static_cast<int>(std::min(last - first + 1, kMostDrawn + 1));
  if (count > kMostDrawn) {
    throw BadInput(
        fmt::format("--png: found {} levels, draws at most {}; choose one by --level", last - first + 1, kMostDrawn));
  }
  int height = 0, width = 0;
  std::vector<LevelRows> levels;
  for (std::int64_t number = first; number <= last; ++number) {
    levels.push_back(set.level(number - 1));
    height = std::max(height, levels.back().height * tiles.size());
    width = std::max(width, levels.back().width * tiles.size());
  }
  const int columns = static_cast<int>(std::ceil(std::sqrt(count))), rows = (count + columns - 1) / columns;
  const int gap = count > 1 ? tiles.size() / 2 : 0;
  const std::int64_t pixels = std::int64_t{columns} * (width + gap) * rows * (height + gap);
  if (pixels > kMostPixels) {
    throw BadInput(fmt::format("--tile: {} pixels a cell make a picture of {} million, at most {} are drawn", tiles.size(),
                               pixels / 1'000'000, kMostPixels / 1'000'000));
  }
  Picture sheet(columns * (width + gap) + gap, rows * (height + gap) + gap, kPaper);
  for (int i = 0; i < count; ++i) {
    const LevelRows& level = levels[static_cast<std::size_t>(i)];
    const Picture board = tiles.board(cell_codes(level), level.height, level.width);
    paste(sheet, board, gap + i % columns * (width + gap) + (width - board.width) / 2,
          gap + i / columns * (height + gap) + (height - board.height) / 2);
  }
  return sheet;
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
                                          by_default("0"), "K")("quiet", "no progress");
  arguments.add_lenient();
  if (!arguments.parse(argc, argv, "PATH")) return 0;
  const int threads = arguments.threads();
  std::int64_t nodes = arguments.has("nodes") ? arguments.integer("nodes", 0, std::int64_t{1} << 40) : kNodes;
  const LevelSet set = arguments.levels(arguments.positionals());
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
  Arguments arguments("levels show",
                      "Prints levels as text that can be read again, or draws them; they are numbered from 1.",
                      "PATH... [--level N] [--png FILE] [--lenient]",
                      "  boxwarp levels show my_levels.txt\n  boxwarp levels show boxoban/unfiltered/test --level 17\n"
                      "  boxwarp levels show generated:size=8x8,boxes=2,count=6 --png six.png\n");
  arguments.add()("level", "only the N-th level, 0: all", by_default("0"), "N")(
      "png", "draw them into this file instead, which must not exist", by_default(""), "FILE")(
      "tile", "side of a cell in the picture, in pixels", by_default("24"), "N");
  arguments.add_lenient();
  if (!arguments.parse(argc, argv, "PATH")) return 0;
  const std::string png_path = arguments.text("png");
  check_output("png", png_path);
  const Tiles tiles(static_cast<int>(arguments.integer("tile", 8, 128)));
  const LevelSet set = arguments.levels(arguments.positionals());
  const std::int64_t only = arguments.integer("level", 0, set.size());
  const std::int64_t first = only > 0 ? only : 1, last = only > 0 ? only : set.size();
  if (!png_path.empty()) {
    write_new_file(png_path, png(sheet(set, first, last, tiles)));
    fmt::print("{}\n", png_path);
    return 0;
  }
  for (std::int64_t number = first; number <= last; ++number) {
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
  arguments.add_lenient();
  if (!arguments.parse(argc, argv, "PATH")) return 0;
  const std::string out = arguments.required("out");
  check_output("out", out);
  const LevelSet set = arguments.levels(arguments.positionals());
  const std::string bytes = packed(set);
  write_new_file(out, bytes);
  fmt::print("{}: {}, {} bytes\n", out, counted(set.size(), "level", "levels"),
             grouped(static_cast<std::int64_t>(bytes.size())));
  return 0;
}

}  // namespace boxwarp
