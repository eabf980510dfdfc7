// Networks that tests of weights take, and the values of one of their tensors.
#pragma once

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <vector>

#include "host/learner/weights.hpp"

namespace boxwarp::test {

inline constexpr NetShape kPublished{};
inline constexpr NetShape kSmall{2, 3, 16, 4, 5, 4, 8, 3, NetInput::planes};
inline constexpr NetShape kResNet{3, 1, 16, 4, 5, 4, 8, 4, NetInput::rgb, NetKind::resnet};

inline std::span<const float> part(const NetShape& shape, const std::vector<float>& values, const std::string& name) {
  for (const ParameterTensor& tensor : parameter_tensors(shape)) {
    if (tensor.name == name) return std::span(values).subspan(tensor.offset, tensor.size);
  }
  ADD_FAILURE() << "no tensor " << name;
  return {};
}

}  // namespace boxwarp::test
