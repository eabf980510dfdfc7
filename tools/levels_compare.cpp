// boxwarp levels compare: two sets of levels side by side, in figures and as a picture.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "levels/error.hpp"
#include "tools/gnuplot.hpp"
#include "tools/levels.hpp"
#include "tools/measure.hpp"
#include "tools/output_file.hpp"
#include "tools/progress.hpp"

namespace boxwarp {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kPlotWidth = 520, kPlotHeight = 360, kTitleHeight = 50;
constexpr const char *kFirstColour = "#1f5fa8", *kSecondColour = "#d9822b";

struct Side {
  std::string path;
  std::int64_t levels;
  SetFigures figures;
};

void print_table(const Side& a, const Side& b) {
  fmt::print("A  {}: {}\nB  {}: {}\n\n{:<56}{:>10}{:>10}{:>10}\n", a.path, counted(a.levels, "level", "levels"), b.path,
             counted(b.levels, "level", "levels"), "", "A", "B", "B - A");
  const auto line = [](const std::string& what, double in_a, double in_b) {
    fmt::print("{:<56}{:>10.4g}{:>10.4g}{:>+10.2g}\n", what, in_a, in_b, in_b - in_a);
  };
  const std::vector<NamedFigure> in_a = a.figures.named(), in_b = b.figures.named();
  for (std::size_t i = 0; i < in_a.size(); ++i) {
    line(in_a[i].what, in_a[i].mean, in_b[i].mean);
    if (in_a[i].sd) line("  standard deviation", *in_a[i].sd, *in_b[i].sd);
  }
  const Spread pushes_a = spread_of(a.figures.pushes()), pushes_b = spread_of(b.figures.pushes());
  line("fewest pushes", pushes_a.mean, pushes_b.mean);
  line("  standard deviation", pushes_a.sd, pushes_b.sd);
  line("  median", pushes_a.median, pushes_b.median);
  line("  most", pushes_a.max, pushes_b.max);
  for (const auto& [what, outcome] : {std::pair{"levels proved unsolvable", SolveOutcome::unsolvable},
                                      std::pair{"levels not solved within the budget", SolveOutcome::budget_exceeded}}) {
    line(what, static_cast<double>(a.figures.outcomes(outcome)), static_cast<double>(b.figures.outcomes(outcome)));
  }
  fmt::print("\ntotal variation between the distributions of fewest pushes: {:.4f}\n",
             total_variation(a.figures.pushes(), b.figures.pushes()));
}

Json as_json(const Side& side) {
  Json json{{"path", side.path}, {"levels", side.levels}};
  json.update(as_json(side.figures));
  return json;
}

// A plot of two histograms as shares of levels.
std::string plot(const char* title, const char* unit, const Histogram& a, const Histogram& b, int bin) {
  std::string text = fmt::format("set title {}\nset xlabel {}\n", gnuplot_string(title), gnuplot_string(unit));
  int block = 0;
  for (const Histogram* histogram : {&a, &b}) {
    double all = 0;
    for (const auto& [value, levels] : *histogram) all += static_cast<double>(levels);
    text += fmt::format("$side{} << END\n", ++block);
    if (histogram->empty()) text += "0 0\n";
    for (const auto& [value, levels] : *histogram) {
      text += fmt::format("{} {}\n", value, 100 * static_cast<double>(levels) / all);
    }
    text += "END\n";
  }
  const double width = 0.4 * bin;
  return text + fmt::format(
                    "plot $side1 using ($1-{0}):2:({1}) with boxes fc rgb '{2}' title 'A', "
                    "$side2 using ($1+{0}):2:({1}) with boxes fc rgb '{3}' title 'B'\n",
                    width / 2, width, kFirstColour, kSecondColour);
}

std::string script(const Side& a, const Side& b) {
  std::string text = fmt::format(
      "set terminal pngcairo noenhanced size {},{} font 'DejaVu Sans,10' background '#ffffff'\nset encoding utf8\n"
      "set multiplot layout 2,2 title {} font 'DejaVu Sans,12'\nset border 3 lc rgb '#555555'\n"
      "set tics nomirror textcolor rgb '#333333'\nset grid lc rgb '#dddddd' lt 1 lw 0.5\nset style fill solid\n"
      "set key top right\nset ylabel '% of levels'\nset yrange [0:*]\n",
      2 * kPlotWidth, 2 * kPlotHeight + kTitleHeight,
      gnuplot_string(
          fmt::format("A: {} ({} levels)   B: {} ({} levels)", a.path, grouped(a.levels), b.path, grouped(b.levels))));
  text += plot("Fewest pushes", "pushes", a.figures.pushes(), b.figures.pushes(), 1);
  text += plot("Size of the room", "cells that are no wall", a.figures.floor(), b.figures.floor(), 1);
  text += plot("Pushes possible at the start", "pushes", a.figures.first_pushes(), b.figures.first_pushes(), 1);
  text += plot("Cells that the player reaches at the start", "% of cells without a box, from", a.figures.reach(),
               b.figures.reach(), 10);
  return text + "unset multiplot\n";
}

}  // namespace

int levels_compare(int argc, char** argv) {
  Arguments arguments("levels compare",
                      "Two sets of levels side by side: their rooms, how boxes and targets lie, and the fewest pushes.",
                      "A B [OPTION...]",
                      "  boxwarp levels compare boxoban/unfiltered/test made.txt\n"
                      "  boxwarp levels compare boxoban/hard made.boxwarp --png both.png --json\n");
  auto add = arguments.add();
  add("nodes", "boards that the solver looks at for a level before giving up, 0: solve none", by_default("100000"), "N");
  add("threads", "levels measured at a time, 0: as many as there are cores", by_default("0"), "K");
  add("png", "picture to write, which must not exist", by_default(""), "FILE");
  add("json", "print one JSON object");
  arguments.add_lenient();
  add("quiet", "no progress");
  if (!arguments.parse(argc, argv, "A and B are")) return 0;
  const std::vector<std::string>& paths = arguments.positionals();
  if (paths.size() != 2) throw BadInput(fmt::format("levels compare: found {} sets, expected two, A and B", paths.size()));
  const std::int64_t nodes = arguments.integer("nodes", 0, std::int64_t{1} << 40);
  const int threads = arguments.threads();
  check_output("png", arguments.text("png"));

  std::vector<Side> sides;
  for (const std::string& path : paths) {
    const LevelSet set = arguments.levels({path});
    sides.push_back({path, set.size(), measured(set, nodes, threads, arguments.flag("quiet"))});
  }
  if (!arguments.text("png").empty()) write_new_file(arguments.text("png"), drawn_by_gnuplot(script(sides[0], sides[1])));
  if (arguments.flag("json")) {
    const Json json{{"sets", {as_json(sides[0]), as_json(sides[1])}},
                    {"total_variation", total_variation(sides[0].figures.pushes(), sides[1].figures.pushes())}};
    fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    print_table(sides[0], sides[1]);
  }
  return 0;
}

}  // namespace boxwarp
