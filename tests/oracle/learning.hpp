// The learner's formulas in double, slowly: every return is a sum over the steps that follow, nothing is carried along.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

namespace oracle {

using Index = std::size_t;

// One value per (step, board), and logits per (step, board, action).
struct Trajectory {
  Index steps, boards, actions;
  std::vector<double> logits, values;  // with the bootstrap row
  std::vector<double> behaviour_logits, reward;
  std::vector<int> action, done, truncated;

  Index at(Index t, Index b) const { return t * boards + b; }
  double log_probability(const std::vector<double>& of, Index t, Index b, Index a) const {
    double total = 0;
    for (Index i = 0; i < actions; ++i) total += std::exp(of[at(t, b) * actions + i] - of[at(t, b) * actions + a]);
    return -std::log(total);
  }
  double log_taken(const std::vector<double>& of, Index t, Index b) const {
    return log_probability(of, t, b, Index(action[at(t, b)]));
  }
  double entropy(Index t, Index b) const {
    double sum = 0;
    for (Index a = 0; a < actions; ++a) {
      const double log_p = log_probability(logits, t, b, a);
      sum -= std::exp(log_p) * log_p;
    }
    return sum;
  }
};

struct Coefficients {
  double gamma, lambda, entropy, value, logit_l2, clip;
  bool on_policy = false;  // every ratio counts as 1
};

// What no gradient flows through.
struct Estimates {
  std::vector<double> target, advantage;  // (T, B)
};

inline Estimates vtrace(const Trajectory& x, const Coefficients& c) {
  const auto discount = [&](Index t, Index b) { return c.gamma * (1 - x.done[x.at(t, b)]); };
  const auto reward = [&](Index t, Index b) {
    return x.truncated[x.at(t, b)] ? x.values[x.at(t, b)] : x.reward[x.at(t, b)];
  };
  const auto clipped_ratio = [&](Index t, Index b) {
    if (c.on_policy) return 1.0;
    return std::fmin(1, std::exp(x.log_taken(x.logits, t, b) - x.log_taken(x.behaviour_logits, t, b)));
  };
  const auto difference = [&](Index t, Index b) {
    return clipped_ratio(t, b) * (reward(t, b) + discount(t, b) * x.values[x.at(t + 1, b)] - x.values[x.at(t, b)]);
  };
  Estimates result{std::vector<double>(x.reward.size()), std::vector<double>(x.reward.size())};
  for (Index b = 0; b < x.boards; ++b)
    for (Index t = 0; t < x.steps; ++t) {
      double target = x.values[x.at(t, b)], weight = 1;
      for (Index k = t; k < x.steps; ++k) {
        target += weight * difference(k, b);
        weight *= discount(k, b) * c.lambda * clipped_ratio(k, b);
      }
      result.target[x.at(t, b)] = target;
    }
  for (Index b = 0; b < x.boards; ++b)
    for (Index t = 0; t < x.steps; ++t) {
      const double ahead = t == x.steps - 1
                               ? x.values[x.at(t + 1, b)]
                               : c.lambda * result.target[x.at(t + 1, b)] + (1 - c.lambda) * x.values[x.at(t + 1, b)];
      result.advantage[x.at(t, b)] = clipped_ratio(t, b) * (reward(t, b) + discount(t, b) * ahead - x.values[x.at(t, b)]);
    }
  return result;
}

inline Estimates gae(const Trajectory& x, const Coefficients& c) {
  Estimates result{std::vector<double>(x.reward.size()), std::vector<double>(x.reward.size())};
  for (Index b = 0; b < x.boards; ++b)
    for (Index t = 0; t < x.steps; ++t) {
      double sum = 0, weight = 1;
      for (Index k = t; k < x.steps; ++k) {
        const Index i = x.at(k, b);
        const double discount = x.done[i] ? 0 : c.gamma;
        if (!x.truncated[i]) sum += weight * (x.reward[i] + discount * x.values[x.at(k + 1, b)] - x.values[i]);
        weight *= discount * c.lambda;
      }
      result.advantage[x.at(t, b)] = sum;
      result.target[x.at(t, b)] = sum + x.values[x.at(t, b)];
    }
  return result;
}

// The terms of a loss before their coefficients.
struct Terms {
  double policy = 0, value = 0, entropy = 0, logit_l2 = 0;

  double total(const Coefficients& c) const {
    return policy + c.value * value - c.entropy * entropy + c.logit_l2 * logit_l2;
  }
};

// What both losses share; policy(t, b) is the part of a sample in the policy's loss, rows how many rows of logits are
// squared.
template <class Policy>
Terms terms(const Trajectory& x, const Estimates& fixed, Index rows, Policy&& policy) {
  Terms result;
  const double samples = double(x.steps * x.boards);
  for (Index t = 0; t < x.steps; ++t)
    for (Index b = 0; b < x.boards; ++b) {
      if (x.truncated[x.at(t, b)]) continue;
      const double error = fixed.target[x.at(t, b)] - x.values[x.at(t, b)];
      result.policy += policy(t, b) / samples;
      result.value += error * error / samples;
      result.entropy += x.entropy(t, b) / samples;
    }
  for (Index i = 0; i < rows * x.boards * x.actions; ++i) result.logit_l2 += x.logits[i] * x.logits[i];
  return result;
}

inline Terms vtrace_terms(const Trajectory& x, const Estimates& fixed) {
  return terms(x, fixed, x.steps + 1,
               [&](Index t, Index b) { return -x.log_taken(x.logits, t, b) * fixed.advantage[x.at(t, b)]; });
}

inline Terms ppo_terms(const Trajectory& x, const Estimates& fixed, const Coefficients& c) {
  return terms(x, fixed, x.steps, [&](Index t, Index b) {
    const double ratio = std::exp(x.log_taken(x.logits, t, b) - x.log_taken(x.behaviour_logits, t, b));
    const double near = ratio < 1 - c.clip ? 1 - c.clip : ratio > 1 + c.clip ? 1 + c.clip : ratio;
    return -std::fmin(ratio * fixed.advantage[x.at(t, b)], near * fixed.advantage[x.at(t, b)]);
  });
}

// Central difference of loss(x) by one number inside of x.
template <class Loss>
double slope(double& number, Loss&& loss) {
  constexpr double kStep = 1e-5;
  const double before = number;
  number = before + kStep;
  const double above = loss();
  number = before - kStep;
  const double below = loss();
  number = before;
  return (above - below) / (2 * kStep);
}

// One parameter's way under Adam: its values after 1, 2, ... gradients, from the sums of algorithm 1 written out.
inline std::vector<double> adam(double parameter, const std::vector<double>& gradients, double learning_rate, double beta1,
                                double beta2, double epsilon) {
  std::vector<double> way;
  for (std::size_t n = 1; n <= gradients.size(); ++n) {
    double m = 0, v = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double age = double(n - 1 - i);
      m += (1 - beta1) * std::pow(beta1, age) * gradients[i];
      v += (1 - beta2) * std::pow(beta2, age) * gradients[i] * gradients[i];
    }
    const double m_hat = m / (1 - std::pow(beta1, double(n))), v_hat = v / (1 - std::pow(beta2, double(n)));
    parameter -= learning_rate * m_hat / (std::sqrt(v_hat) + epsilon);
    way.push_back(parameter);
  }
  return way;
}

}  // namespace oracle
