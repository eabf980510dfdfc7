// The distribution over actions that one row of logits stands for.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

namespace boxwarp::cpu {

// Rows are few and short next to the network's work, so exponentials are taken in double.
class Softmax {
 public:
  explicit Softmax(int actions) : log_probability_(static_cast<std::size_t>(actions)), probability_(log_probability_) {}

  // logits: (A), finite. A logit far below the largest one has probability 0.
  void assign(const float* logits) {
    const std::size_t actions = probability_.size();
    double largest = logits[0];
    for (std::size_t i = 1; i < actions; ++i) largest = logits[i] > largest ? logits[i] : largest;
    double total = 0;
    for (std::size_t i = 0; i < actions; ++i) total += std::exp(logits[i] - largest);
    const double log_total = std::log(total);
    entropy_ = 0;
    for (std::size_t i = 0; i < actions; ++i) {
      log_probability_[i] = logits[i] - largest - log_total;
      probability_[i] = std::exp(log_probability_[i]);
      entropy_ -= probability_[i] * log_probability_[i];
    }
  }

  int actions() const { return static_cast<int>(probability_.size()); }
  double log_probability(int action) const { return log_probability_[static_cast<std::size_t>(action)]; }
  double probability(int action) const { return probability_[static_cast<std::size_t>(action)]; }
  double entropy() const { return entropy_; }

 private:
  std::vector<double> log_probability_, probability_;
  double entropy_ = 0;
};

}  // namespace boxwarp::cpu
