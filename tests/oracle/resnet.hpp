// The ResNet of Guez et al. 2019 (arXiv 1901.03559) in double: sequences of a convolution and two residual ones.
#pragma once

#include "tests/oracle/drc.hpp"

namespace oracle {

struct ResNet {
  int sequences, channels, height, width, kernel;  // channels: of the first two sequences; the others have twice as many
  bool rgb;                                        // or one plane for each cell code
  bool pooled_head;                                // or flatten
  Tensors parameters;                              // under the published names

  Map convolution(const Map& in, const std::string& name, int outputs) const {
    Map out = same_convolution(in, parameters.at(name + ".weight"), outputs, kernel);
    add_bias(out, parameters.at(name + ".bias"));
    return out;
  }

  static Map rectified(Map map) {
    for (double& value : map.values) value = std::max(value, 0.0);
    return map;
  }

  // x + conv(relu(x))
  Map residual(const Map& x, const std::string& name) const {
    Map out = convolution(rectified(x), name, x.channels);
    for (std::size_t i = 0; i < out.values.size(); ++i) out.values[i] += x.values[i];
    return out;
  }

  // Of one board; the last output is the value, those before it are the logits.
  Tensor step(const unsigned char* cells) const {
    Map x = observed(cells, height, width, rgb);
    for (int i = 0; i < sequences; ++i) {
      const std::string name = "features_extractor.flatten.0.guez_conv_sequence_" + std::to_string(i) + ".";
      x = convolution(x, name + "conv", i < 2 ? channels : 2 * channels);
      x = residual(x, name + "resnet0.conv");
      x = residual(x, name + "resnet1.conv");
    }
    return head_outputs(head_input(rectified(x), pooled_head), parameters);
  }
};

}  // namespace oracle
