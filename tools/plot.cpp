// boxwarp plot: learning curves of runs as one picture of small plots.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "levels/error.hpp"
#include "tools/arguments.hpp"
#include "tools/command.hpp"
#include "tools/curves.hpp"
#include "tools/gnuplot.hpp"
#include "tools/output_file.hpp"
#include "tools/progress.hpp"

namespace boxwarp {

namespace {

constexpr int kIntervals = 120, kPlotWidth = 440, kPlotHeight = 300, kTitleHeight = 50;

struct Metric {
  const char *name, *title, *unit;
  double scale;
  bool of_episodes;      // a figure over the episodes that ended in an update
  const char* settings;  // gnuplot's
};

constexpr Metric kMetrics[] = {
    {"solved", "Episodes solved", "%", 100, true, "set yrange [0:100]"},
    {"mean_return", "Mean return", "reward an episode", 1, true, ""},
    {"mean_length", "Mean length", "steps an episode", 1, true, "set yrange [0:*]"},
    {"entropy", "Policy entropy", "nats", 1, false, "set yrange [0:*]"},
    {"policy_loss", "Policy loss", "loss", 1, false, ""},
    {"value_loss", "Value loss", "loss", 1, false, "set yrange [0:*]"},
    {"gradient_norm", "Gradient norm before clipping", "norm", 1, false, "set yrange [0:*]"},
    {"explained_variance", "Explained variance of the value", "share", 1, false, "set yrange [*<0:1]"},
    {"learning_rate", "Learning rate", "units of 10⁻⁴", 1e4, false, "set yrange [0:*]"},
    {"frames_per_second", "Speed", "frames/s", 1, false, "set yrange [0:*]"},
    {"episodes", "Episodes that ended", "episodes an update", 1, false, "set yrange [0:*]"},
};
constexpr const char* kDefaultMetrics = "solved,mean_return,mean_length,entropy,policy_loss,value_loss";

std::vector<Metric> chosen_metrics(const std::string& names) {
  std::vector<Metric> chosen;
  for (std::size_t from = 0; from <= names.size();) {
    const std::size_t comma = std::min(names.find(',', from), names.size());
    const std::string name = names.substr(from, comma - from);
    const auto known =
        std::find_if(std::begin(kMetrics), std::end(kMetrics), [&](const Metric& m) { return m.name == name; });
    if (known == std::end(kMetrics)) {
      std::string allowed;
      for (const Metric& metric : kMetrics) allowed += (allowed.empty() ? "" : ", ") + std::string(metric.name);
      throw BadInput(fmt::format("--metric: found '{}', the metrics are {}", name, allowed));
    }
    chosen.push_back(*known);
    from = comma + 1;
  }
  return chosen;
}

struct FrameUnit {
  double frames;
  const char* name;
};

FrameUnit frame_unit(double last) {
  if (last >= 2e9) return {1e9, "frames (billions)"};
  if (last >= 2e6) return {1e6, "frames (millions)"};
  if (last >= 2e3) return {1e3, "frames (thousands)"};
  return {1, "frames"};
}

int columns_for(int plots) { return plots == 4 ? 2 : std::min(plots, 3); }

std::string script(const std::vector<RunMetrics>& runs, const std::vector<Metric>& metrics, const std::string& title) {
  double last = 0;
  for (const RunMetrics& run : runs) last = std::max(last, *std::max_element(run.frames.begin(), run.frames.end()));
  const FrameUnit unit = frame_unit(last);
  const int columns = columns_for(static_cast<int>(metrics.size()));
  const int rows = (static_cast<int>(metrics.size()) + columns - 1) / columns;
  std::string text = fmt::format(
      "set terminal pngcairo noenhanced size {},{} font 'DejaVu Sans,10' background '#ffffff'\n"
      "set encoding utf8\nset multiplot layout {},{} title {} font 'DejaVu Sans,13'\n"
      "set border 3 lc rgb '#555555'\nset tics nomirror textcolor rgb '#333333'\nset xtics autofreq\n"
      "set grid lc rgb '#dddddd' lt 1 lw 0.5\nunset key\nset xrange [0:{}]\nset xlabel {}\n",
      columns * kPlotWidth, rows * kPlotHeight + kTitleHeight, rows, columns, gnuplot_string(title), last / unit.frames,
      gnuplot_string(unit.name));
  for (const Metric& metric : metrics) {
    const std::vector<CurvePoint> points = curve(runs, metric.name, metric.of_episodes, kIntervals);
    text += fmt::format("set title {}\nset ylabel {}\nset yrange [*:*]\n{}\n", gnuplot_string(metric.title),
                        gnuplot_string(metric.unit), metric.settings);
    if (points.empty()) {  // gnuplot gives up on a plot without a point: an axis, a word, and a line below the picture
      text += "set yrange [0:1]\nset label 1 'no episode has ended yet' at graph 0.5,0.5 center\nplot -1\nunset label 1\n";
      continue;
    }
    text += "$data << END\n";
    for (const CurvePoint& point : points) {
      text += fmt::format("{} {} {} {}\n", point.frames / unit.frames, metric.scale * point.low, metric.scale * point.middle,
                          metric.scale * point.high);
    }
    text += "END\n";
    const std::string line = "$data using 1:3 with lines lw 2 lc rgb '#1f5fa8'";
    const std::string band = "$data using 1:2:4 with filledcurves fc rgb '#1f5fa8' fs transparent solid 0.2 noborder";
    const std::string points_too = points.size() < 2 ? ", $data using 1:3 with points pt 7 lc rgb '#1f5fa8'" : "";
    text += fmt::format("plot {}{}{}\n", runs.size() > 1 ? band + ", " : "", line, points_too);
  }
  return text + "unset multiplot\n";
}

std::string picture_title(const std::vector<RunMetrics>& runs) {
  double last = 0;
  for (const RunMetrics& run : runs) last = std::max(last, run.frames.back());
  const std::string frames = grouped(static_cast<std::int64_t>(last)) + " frames";
  const std::string first = runs.front().path.parent_path().lexically_normal().string();
  if (runs.size() == 1) return fmt::format("{}: {}", first, frames);
  return fmt::format("{} runs ({}, ...): {}, median and range", runs.size(), first, frames);
}

}  // namespace

int plot_command(int argc, char** argv) {
  Arguments arguments("plot", "Learning curves of training runs as a PNG; several runs give their median and range",
                      "RUN... [--out FILE] [--metric NAME,...]",
                      "  boxwarp plot runs/quickstart\n"
                      "  boxwarp plot runs/seed1 runs/seed2 runs/seed3 --out seeds.png --metric solved,entropy\n");
  std::string names;
  for (const Metric& metric : kMetrics) names += (names.empty() ? "" : ", ") + std::string(metric.name);
  arguments.add()("out", "the picture, must not exist; for one run RUN/curve.png unless given",
                  cxxopts::value<std::string>(), "FILE")("metric", "what to plot, in this order, of " + names,
                                                         cxxopts::value<std::string>()->default_value(kDefaultMetrics),
                                                         "NAME,...");
  if (!arguments.parse(argc, argv, "the folder of a run is")) return 0;

  const std::vector<Metric> metrics = chosen_metrics(arguments.text("metric"));
  const std::vector<std::string>& folders = arguments.positionals();
  if (folders.size() > 1) arguments.required("out");
  const std::filesystem::path out = arguments.has("out") ? std::filesystem::path(arguments.text("out"))
                                                         : std::filesystem::path(folders.front()) / "curve.png";
  std::vector<std::string> wanted;
  for (const Metric& metric : metrics) wanted.emplace_back(metric.name);
  std::vector<RunMetrics> runs;
  for (const std::string& folder : folders) {
    std::string note;
    runs.push_back(read_metrics(folder, wanted, &note));
    if (!note.empty()) fmt::print(stderr, "boxwarp: {}\n", note);
  }
  check_output("out", out);
  write_new_file(out, drawn_by_gnuplot(script(runs, metrics, picture_title(runs))));
  fmt::print("{}\n", out.string());
  return 0;
}

}  // namespace boxwarp
