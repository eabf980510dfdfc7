// Learning curves: what metrics.jsonl of one or more runs says, thinned out for a plot.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace boxwarp {

struct RunMetrics {
  std::filesystem::path path;                         // of metrics.jsonl
  std::vector<double> frames;                         // one entry a line
  std::vector<double> episodes;                       // that ended in that update
  std::map<std::string, std::vector<double>> values;  // by metric; NaN where the line says null
};

// Reads folder/metrics.jsonl, one JSON object a line. Throws BadInput with path:line for a line that is no object or lacks
// frames, episodes or one of the metrics. A last line without its end is still being written and left out; `note` then says
// so.
RunMetrics read_metrics(const std::filesystem::path& folder, const std::vector<std::string>& metrics, std::string* note);

struct CurvePoint {
  double frames;             // middle of an interval
  double low, middle, high;  // over the runs: least, median, largest of their means in the interval
};

// One metric of all runs over at most `intervals` equal intervals of frames; those without a value are left out. A run's
// mean counts each update by its episodes where by_episodes is set (shares and means of episodes), else all alike.
std::vector<CurvePoint> curve(const std::vector<RunMetrics>& runs, const std::string& metric, bool by_episodes,
                              int intervals);

}  // namespace boxwarp
