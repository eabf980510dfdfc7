#include <gtest/gtest.h>

#include <cmath>

#include "host/cpu/heads.hpp"
#include "tests/host/cpu/net_arrays.hpp"

namespace boxwarp::test {
namespace {

TEST(NetHeads, EqualTheOracleAndItsDifferences) {
  std::mt19937 random(10);
  for (const HeadsShape& shape : {HeadsShape{1, 16, 1, 2}, HeadsShape{7, 48, 33, 5}, HeadsShape{31, 64, 17, 5}}) {
    const auto [rows, inputs, units, outputs] = shape;
    const auto R = static_cast<std::size_t>(rows), F = static_cast<std::size_t>(inputs), U = static_cast<std::size_t>(units);
    const auto O = static_cast<std::size_t>(outputs);
    Guarded x(random_floats(random, R * F, 1.0f)), weights(random_floats(random, U * F, 0.3f)),
        bias(random_floats(random, U, 0.3f));
    Guarded head(random_floats(random, O * U, 0.3f)), head_bias(random_floats(random, O, 1.0f)), hidden(R * U),
        result(R * O);
    Guarded grad(random_floats(random, R * O, 1.0f));
    Guarded grad_weights(U * F), grad_bias(U), grad_head(O * U), grad_head_bias(O), grad_x(R * F);
    const HeadsWeights all{weights.data(), bias.data(), head.data(), head_bias.data()};
    ThreadPool pool(1);
    pool.run(1, [&](std::int64_t, int) { heads_forward(shape, all, x.data(), hidden.data(), result.data()); });
    struct Numbers {
      oracle::Tensor x, weights, bias, head, head_bias;
    } numbers{wide(x.values()), wide(weights.values()), wide(bias.values()), wide(head.values()), wide(head_bias.values())};
    const auto run = [&, rows = rows] {
      std::vector<double> all_rows;
      for (int row = 0; row < rows; ++row) {
        const auto begin = numbers.x.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(row) * F);
        oracle::Tensor unit = oracle::dense({begin, begin + static_cast<std::ptrdiff_t>(F)}, numbers.weights, numbers.bias);
        for (double& value : unit) value = std::max(value, 0.0);
        const oracle::Tensor out = oracle::dense(unit, numbers.head, numbers.head_bias);
        all_rows.insert(all_rows.end(), out.begin(), out.end());
      }
      return all_rows;
    };
    EXPECT_TRUE(all_near(result.values(), run(), kBound));

    pool.run(1, [&](std::int64_t, int) {
      heads_backward(shape, all, x.data(), hidden.data(), grad.data(),
                     {grad_weights.data(), grad_bias.data(), grad_head.data(), grad_head_bias.data(), grad_x.data()});
    });
    const auto expect_slopes = [&](std::vector<double>& moved, Guarded& found, const char* what) {
      for (int repetition = 0; repetition < 20; ++repetition) {
        const std::size_t i = random() % moved.size();
        double loss[2];
        const double before = moved[i];
        for (const int side : {0, 1}) {
          moved[i] = before + (side == 0 ? 1e-6 : -1e-6);
          const std::vector<double> out = run();
          loss[side] = 0;
          for (std::size_t k = 0; k < out.size(); ++k) loss[side] += out[k] * static_cast<double>(grad.data()[k]);
        }
        moved[i] = before;
        EXPECT_NEAR(found.data()[i], (loss[0] - loss[1]) / 2e-6, kBound) << what << " " << i;
      }
    };
    expect_slopes(numbers.x, grad_x, "x");
    expect_slopes(numbers.weights, grad_weights, "weights");
    expect_slopes(numbers.bias, grad_bias, "bias");
    expect_slopes(numbers.head, grad_head, "head weights");
    expect_slopes(numbers.head_bias, grad_head_bias, "head bias");
  }
}

}  // namespace
}  // namespace boxwarp::test
