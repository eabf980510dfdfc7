#include "tools/curves.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "levels/error.hpp"

namespace boxwarp {

namespace {

using Json = nlohmann::json;

// A number, or NaN for null: that is how JSON writes a figure that is none.
double number(const Json& line, const std::string& name, const std::string& where) {
  const auto member = line.find(name);
  if (member == line.end()) {
    std::string present;
    for (const auto& item : line.items()) present += (present.empty() ? "" : ", ") + item.key();
    throw BadInput(fmt::format("{}: there is no '{}'; found {}", where, name, present));
  }
  if (member->is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (!member->is_number()) {
    throw BadInput(fmt::format("{}: '{}' is {}, expected a number or null", where, name, member->dump()));
  }
  return member->get<double>();
}

double median(std::vector<double>& sorted) {
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

// The mean of one run in each interval, NaN where it has none.
std::vector<double> means(const RunMetrics& run, const std::string& metric, bool by_episodes, double width, int intervals) {
  const std::vector<double>& values = run.values.at(metric);
  std::vector<double> sums(static_cast<std::size_t>(intervals)), weights(sums.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double weight = by_episodes ? run.episodes[i] : 1;
    if (!std::isfinite(values[i]) || !(weight > 0)) continue;
    // An interval takes in its upper end, so that as many updates as intervals give one each.
    const int interval = static_cast<int>(std::ceil(run.frames[i] / width - 1e-6)) - 1;
    const auto at = static_cast<std::size_t>(std::clamp(interval, 0, intervals - 1));
    sums[at] += weight * values[i];
    weights[at] += weight;
  }
  for (std::size_t at = 0; at < sums.size(); ++at) sums[at] /= weights[at];  // 0 / 0 is NaN
  return sums;
}

}  // namespace

RunMetrics read_metrics(const std::filesystem::path& folder, const std::vector<std::string>& metrics, std::string* note) {
  RunMetrics run{.path = folder / "metrics.jsonl", .frames = {}, .episodes = {}, .values = {}};
  std::ifstream file(run.path, std::ios::binary);
  if (!file) throw BadInput(fmt::format("{}: cannot be read; name the folder of a training run", run.path.string()));
  std::string text;
  for (int line = 1; std::getline(file, text); ++line) {
    const std::string where = fmt::format("{}:{}", run.path.string(), line);
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object() && file.eof()) {
      if (note != nullptr) *note = where + ": not written to its end, left out";
      break;
    }
    if (!json.is_object()) throw BadInput(fmt::format("{}: found '{:.60}', expected a JSON object", where, text));
    const double frames = number(json, "frames", where);
    if (!(frames > 0)) throw BadInput(fmt::format("{}: 'frames' is {}, expected more than 0", where, frames));
    run.frames.push_back(frames);
    run.episodes.push_back(number(json, "episodes", where));
    for (const std::string& metric : metrics) run.values[metric].push_back(number(json, metric, where));
  }
  if (run.frames.empty()) throw BadInput(fmt::format("{}: holds no update yet", run.path.string()));
  return run;
}

std::vector<CurvePoint> curve(const std::vector<RunMetrics>& runs, const std::string& metric, bool by_episodes,
                              int intervals) {
  double last = 0;
  for (const RunMetrics& run : runs) {
    for (const double frames : run.frames) last = std::max(last, frames);
    intervals = std::min(intervals, static_cast<int>(run.frames.size()));
  }
  const double width = last / intervals;
  std::vector<std::vector<double>> of_runs;
  for (const RunMetrics& run : runs) of_runs.push_back(means(run, metric, by_episodes, width, intervals));
  std::vector<CurvePoint> points;
  for (int interval = 0; interval < intervals; ++interval) {
    std::vector<double> values;
    for (const std::vector<double>& means : of_runs) {
      if (const double mean = means[static_cast<std::size_t>(interval)]; std::isfinite(mean)) values.push_back(mean);
    }
    if (values.empty()) continue;
    std::sort(values.begin(), values.end());
    points.push_back(
        {.frames = (interval + 0.5) * width, .low = values.front(), .middle = median(values), .high = values.back()});
  }
  return points;
}

}  // namespace boxwarp
