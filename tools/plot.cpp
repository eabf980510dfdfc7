// boxwarp plot: learning curves of runs as one picture of small plots.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>
#include <utility>

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

std::vector<Metric> chosen_metrics(const std::vector<std::string>& names) {
  std::vector<Metric> chosen;
  for (const std::string& name : names) {
    const auto known =
        std::find_if(std::begin(kMetrics), std::end(kMetrics), [&](const Metric& m) { return m.name == name; });
    if (known == std::end(kMetrics)) {
      std::string allowed;
      for (const Metric& metric : kMetrics) allowed += (allowed.empty() ? "" : ", ") + std::string(metric.name);
      throw BadInput(fmt::format("--metric: found '{}', the metrics are {}", name, allowed));
    }
    chosen.push_back(*known);
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

// Runs that are drawn as one curve: their median, and their range if they are several.
struct Group {
  std::string name;
  std::vector<RunMetrics> runs;
};

constexpr const char* kColours[] = {"#1f5fa8", "#c8553d", "#3a8f4d", "#7a4fa3", "#b8860b", "#2a9d9d", "#8a4b3a", "#666666"};
constexpr std::size_t kMostGroups = std::size(kColours);

double last_frame(const std::vector<Group>& groups) {
  double last = 0;
  for (const Group& group : groups) {
    for (const RunMetrics& run : group.runs) last = std::max(last, *std::max_element(run.frames.begin(), run.frames.end()));
  }
  return last;
}

// The data of one metric as blocks $data0, $data1, ... and what plots them; nothing to plot: no episode has ended yet.
std::string curves_text(const std::vector<Group>& groups, const Metric& metric, double unit, bool named) {
  std::string data, curves;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const std::vector<CurvePoint> points = curve(groups[i].runs, metric.name, metric.of_episodes, kIntervals);
    if (points.empty()) continue;
    data += fmt::format("$data{} << END\n", i);
    for (const CurvePoint& point : points) {
      data += fmt::format("{} {} {} {}\n", point.frames / unit, metric.scale * point.low, metric.scale * point.middle,
                          metric.scale * point.high);
    }
    data += "END\n";
    const auto part = [&](std::string_view how) {
      curves += fmt::format("{}$data{} {} lc rgb '{}' ", curves.empty() ? "" : ", ", i, how, kColours[i]);
    };
    if (groups[i].runs.size() > 1) {
      curves += fmt::format("{}$data{} using 1:2:4 with filledcurves fc rgb '{}' fs transparent solid 0.2 noborder notitle",
                            curves.empty() ? "" : ", ", i, kColours[i]);
    }
    part("using 1:3 with lines lw 2");
    curves += named ? "title " + gnuplot_string(groups[i].name) : "notitle";
    if (points.size() < 2) {
      part("using 1:3 with points pt 7");
      curves += "notitle";
    }
  }
  // gnuplot gives up on a plot without a point: an axis, a word, and a line below the picture.
  if (curves.empty()) {
    return "set yrange [0:1]\nset label 1 'no episode has ended yet' at graph 0.5,0.5 center\nplot -1 notitle\nunset label "
           "1\n";
  }
  return data + "plot " + curves + "\n";
}

std::string script(const std::vector<Group>& groups, const std::vector<Metric>& metrics, const std::string& title) {
  const double last = last_frame(groups);
  const FrameUnit unit = frame_unit(last);
  const int columns = columns_for(static_cast<int>(metrics.size()));
  const int rows = (static_cast<int>(metrics.size()) + columns - 1) / columns;
  std::string text = fmt::format(
      "set terminal pngcairo noenhanced size {},{} font 'DejaVu Sans,10' background '#ffffff'\n"
      "set encoding utf8\nset multiplot layout {},{} title {} font 'DejaVu Sans,13'\n"
      "set border 3 lc rgb '#555555'\nset tics nomirror textcolor rgb '#333333'\nset xtics autofreq\n"
      "set grid lc rgb '#dddddd' lt 1 lw 0.5\nset key bottom right samplen 1.5\nset xrange [0:{}]\nset xlabel {}\n",
      columns * kPlotWidth, rows * kPlotHeight + kTitleHeight, rows, columns, gnuplot_string(title), last / unit.frames,
      gnuplot_string(unit.name));
  bool named = groups.size() > 1;  // once is enough
  for (const Metric& metric : metrics) {
    text += fmt::format("set title {}\nset ylabel {}\nset yrange [*:*]\n{}\n", gnuplot_string(metric.title),
                        gnuplot_string(metric.unit), metric.settings);
    text += curves_text(groups, metric, unit.frames, std::exchange(named, false));
  }
  return text + "unset multiplot\n";
}

std::string picture_title(const std::vector<Group>& groups) {
  const std::string frames = grouped(static_cast<std::int64_t>(last_frame(groups))) + " frames";
  std::size_t runs = 0;
  for (const Group& group : groups) runs += group.runs.size();
  const std::string first = groups.front().runs.front().path.parent_path().lexically_normal().string();
  if (runs == 1) return fmt::format("{}: {}", first, frames);
  const std::string several = runs > groups.size() ? ", median and range" : "";
  return fmt::format("{} runs ({}, ...): {}{}", runs, first, frames, several);
}

// The folders as they are named, "RUN" or "NAME=RUN", runs of one name together; each: every run alone.
std::vector<Group> read_groups(const std::vector<std::string>& arguments, const std::vector<Metric>& metrics, bool each) {
  std::vector<std::string> wanted;
  for (const Metric& metric : metrics) wanted.emplace_back(metric.name);
  std::vector<Group> groups;
  for (const std::string& argument : arguments) {
    const std::size_t equals = std::filesystem::exists(argument) ? std::string::npos : argument.find('=');
    const std::string folder = equals == std::string::npos ? argument : argument.substr(equals + 1);
    const std::string name = equals == std::string::npos ? (each ? folder : "") : argument.substr(0, equals);
    auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& g) { return !each && g.name == name; });
    if (group == groups.end()) group = groups.insert(groups.end(), {name, {}});
    std::string note;
    group->runs.push_back(read_metrics(folder, wanted, &note));
    if (!note.empty()) fmt::print(stderr, "boxwarp: {}\n", note);
  }
  if (groups.size() > kMostGroups) {
    throw BadInput(fmt::format("plot: found {} curves to compare, draws at most {}", groups.size(), kMostGroups));
  }
  for (Group& group : groups) {
    if (group.name.empty()) group.name = "others";
  }
  return groups;
}

}  // namespace

int plot_command(int argc, char** argv) {
  Arguments arguments(
      "plot",
      "Learning curves of training runs as a PNG; several runs give their median and range, runs under a name\n"
      "are compared with those under other names",
      "RUN|NAME=RUN... [--out FILE] [--metric NAME,...] [--each]",
      "  boxwarp plot runs/quickstart\n"
      "  boxwarp plot runs/seed1 runs/seed2 runs/seed3 --out seeds.png --metric solved,entropy\n"
      "  boxwarp plot runs/seed1 runs/seed2 runs/seed3 --out seeds.png --each\n"
      "  boxwarp plot ppo=runs/ppo1 ppo=runs/ppo2 vtrace=runs/vtrace1 vtrace=runs/vtrace2 --out both.png\n");
  std::string names;
  for (const Metric& metric : kMetrics) names += (names.empty() ? "" : ", ") + std::string(metric.name);
  auto add = arguments.add();
  add("out", "the picture, must not exist; for one run RUN/curve.png unless given", cxxopts::value<std::string>(), "FILE");
  add("metric", "what to plot, in this order, of " + names, by_default(kDefaultMetrics), "NAME,...");
  add("each", "a curve for each run, in a colour of its own");
  if (!arguments.parse(argc, argv, "the folder of a run is")) return 0;

  const std::vector<Metric> metrics = chosen_metrics(arguments.list("metric"));
  if (arguments.positionals().size() > 1) arguments.required("out");
  const std::vector<Group> groups = read_groups(arguments.positionals(), metrics, arguments.flag("each"));
  const std::filesystem::path out = arguments.has("out") ? std::filesystem::path(arguments.text("out"))
                                                         : groups.front().runs.front().path.parent_path() / "curve.png";
  check_output("out", out);
  write_new_file(out, drawn_by_gnuplot(script(groups, metrics, picture_title(groups))));
  fmt::print("{}\n", out.string());
  return 0;
}

}  // namespace boxwarp
