// The published initialisation: truncated normal of variance 1 / fan_in for convolutions, dense and project, orthogonal
// rows for policy and value, zero biases.
//
// Element k of tensor i (of parameter_tensors) draws its words from stream `initialisation` with the index i * 2^32 + k.
// Truncated normals are stratified: the n elements of a tensor take one quantile from each n-th of the distribution, in
// random order. Each alone is distributed as published, and the variance of small tensors (fence, project) hardly depends on
// the seed; so the norm of DRC(3,3) is 39.66 where independent draws would scatter by 0.14.
#include "host/learner/initial_weights.hpp"

#include <cmath>
#include <numbers>
#include <numeric>
#include <span>

#include "kernels/sokoban/random.hpp"

namespace boxwarp {

namespace {

constexpr double kTruncation = 2.0;                          // standard deviations
constexpr double kTruncatedDeviation = 0.87962566103423978;  // of a standard normal cut there

double normal_distribution(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

// Newton's steps from zero never pass the root, as the distribution is concave to the right of zero and convex to the left.
double normal_quantile(double p) {
  double x = 0;
  for (;;) {
    const double density = std::exp(-0.5 * x * x) * 0.5 * std::numbers::inv_sqrtpi * std::numbers::sqrt2;
    const double step = (p - normal_distribution(x)) / density;
    x += step;
    if (std::abs(step) < 1e-9) return x;
  }
}

class Draws {
 public:
  Draws(std::uint64_t seed, std::size_t tensor) : seed_(seed), tensor_(static_cast<std::uint64_t>(tensor) << 32) {}

  RandomWords at(std::size_t element) const { return draw(seed_, 0, Stream::initialisation, tensor_ + element); }

 private:
  std::uint64_t seed_, tensor_;
};

// Within (0, 1).
double inner_unit_interval(std::uint32_t word) { return static_cast<double>(unit_interval(word)) + 0.5 / 16777216.0; }

void truncated_normal(const Draws& draws, double deviation, std::span<float> values) {
  std::vector<std::uint32_t> strata(values.size());
  std::iota(strata.begin(), strata.end(), 0u);
  const double least = normal_distribution(-kTruncation), range = normal_distribution(kTruncation) - least;
  for (std::size_t k = values.size(); k-- > 0;) {
    const RandomWords words = draws.at(k);
    std::swap(strata[k], strata[below(words, k + 1)]);  // Fisher and Yates
    const double share = (strata[k] + inner_unit_interval(words.word[2])) / static_cast<double>(values.size());
    values[k] = static_cast<float>(deviation / kTruncatedDeviation * normal_quantile(least + range * share));
  }
}

// Rows of norm gain at right angles: Gram and Schmidt on normal vectors, in double. More rows than columns cannot all be at
// right angles; then each group of `columns` rows is.
void orthogonal(const Draws& draws, std::size_t columns, double gain, std::span<float> values) {
  std::vector<std::vector<double>> basis;
  for (std::size_t row = 0; row < values.size(); row += columns) {
    if (basis.size() == columns) basis.clear();
    std::vector<double> vector(columns);
    for (std::size_t i = 0; i < columns; ++i) vector[i] = normal_quantile(inner_unit_interval(draws.at(row + i).word[0]));
    for (const std::vector<double>& other : basis) {
      const double along = std::inner_product(vector.begin(), vector.end(), other.begin(), 0.0);
      for (std::size_t i = 0; i < columns; ++i) vector[i] -= along * other[i];
    }
    const double length = std::sqrt(std::inner_product(vector.begin(), vector.end(), vector.begin(), 0.0));
    for (double& value : vector) value /= length;
    for (std::size_t i = 0; i < columns; ++i) values[row + i] = static_cast<float>(gain * vector[i]);
    basis.push_back(std::move(vector));
  }
}

// The published networks count the two rows of project as its inputs.
double fan_in(const ParameterTensor& tensor) {
  if (tensor.name.ends_with("pool_project")) return 2.0;
  return static_cast<double>(tensor.size) / static_cast<double>(tensor.shape[0]);
}

}  // namespace

std::vector<float> initial_weights(const NetShape& shape, float head_gain, std::uint64_t seed) {
  const std::vector<ParameterTensor> tensors = parameter_tensors(shape);
  std::vector<float> values(parameter_count(shape), 0.0f);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const ParameterTensor& tensor = tensors[i];
    if (tensor.name.ends_with("bias")) continue;
    const Draws draws(seed, i);
    const std::span<float> to = std::span(values).subspan(tensor.offset, tensor.size);
    if (tensor.name == "action_net.weight" || tensor.name == "value_net.weight") {
      orthogonal(draws, static_cast<std::size_t>(tensor.shape[1]), static_cast<double>(head_gain), to);
    } else {
      truncated_normal(draws, std::sqrt(1.0 / fan_in(tensor)), to);
    }
  }
  return values;
}

}  // namespace boxwarp
