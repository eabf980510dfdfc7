// The figures of a set's levels together: means, standard deviations, and how often each value comes.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "levels/level_figures.hpp"
#include "levels/solve/solve.hpp"

namespace boxwarp {

using Histogram = std::map<int, std::int64_t>;  // value to levels

struct Spread {
  double mean = 0, sd = 0;  // over the set, not a sample's
  int median = 0, max = 0;  // the lower of two in the middle
};
Spread spread_of(const Histogram& histogram);

// Half the sum of differences between the shares of each value: 0 for equal distributions, 1 for those without overlap.
double total_variation(const Histogram& a, const Histogram& b);

struct NamedFigure {
  std::string key;   // "first_pushes"
  std::string what;  // "pushes that are possible at the start"
  double mean;
  std::optional<double> sd;  // none for shares of all cells of the set
};

class SetFigures {
 public:
  void add(const LevelFigures& figures);
  void add(const SolveResult& result);  // in any number, or for no level at all

  std::int64_t levels() const { return levels_; }
  std::int64_t outcomes(SolveOutcome outcome) const { return outcomes_[static_cast<std::size_t>(outcome)]; }
  const Histogram& floor() const { return floor_; }
  const Histogram& first_pushes() const { return first_pushes_; }
  const Histogram& reach() const { return reach_; }    // in percent, rounded down to tens; 100 counts as 90
  const Histogram& pushes() const { return pushes_; }  // of levels that were solved, the fewest
  std::vector<NamedFigure> named() const;

 private:
  struct Sums {
    double sum = 0, squares = 0;
  };
  static constexpr std::size_t kFigures = 11;

  std::int64_t levels_ = 0;
  std::array<Sums, kFigures> sums_{};
  std::array<std::int64_t, 5> neighbours_{};
  std::array<std::int64_t, 3> outcomes_{};
  Histogram floor_, first_pushes_, reach_, pushes_;
};

}  // namespace boxwarp
