// Small networks that together have every option of the table of variants, alone and combined.
#pragma once

#include "kernels/net/net.hpp"

namespace boxwarp::test {

struct Variant {
  const char* what;
  NetShape shape;
};

inline constexpr NetShape varied(NetShape shape, OutputGate gate, Boundary boundary, Pooling pooling, Skip skip,
                                 NetHead head) {
  shape.output_gate = gate;
  shape.boundary = boundary;
  shape.pooling = pooling;
  shape.skip = skip;
  shape.head = head;
  return shape;
}

inline constexpr NetShape resnet_of(NetShape shape, NetHead head) {
  shape.kind = NetKind::resnet;
  shape.head = head;
  return shape;
}

inline constexpr NetShape kTwoLayers{2, 2, 16, 5, 6, 4, 12, 4, NetInput::rgb};
inline constexpr NetShape kOneLayer{1, 1, 16, 4, 3, 4, 12, 3, NetInput::planes};

inline constexpr Variant kVariants[] = {
    {"as Guez had it",
     varied(kTwoLayers, OutputGate::sigmoid, Boundary::rim, Pooling::full, Skip::concatenation, NetHead::flatten)},
    {"with nothing that can be left out",
     varied(kTwoLayers, OutputGate::tanh, Boundary::none, Pooling::none, Skip::none, NetHead::flatten)},
    {"sigmoid", varied(kOneLayer, OutputGate::sigmoid, Boundary::fence, Pooling::per_channel, Skip::sum, NetHead::flatten)},
    {"rim", varied(kOneLayer, OutputGate::tanh, Boundary::rim, Pooling::none, Skip::sum, NetHead::flatten)},
    {"full pooling, pooled head",
     varied(kOneLayer, OutputGate::tanh, Boundary::none, Pooling::full, Skip::none, NetHead::pooled)},
    {"pooled head, sum",
     varied(kTwoLayers, OutputGate::tanh, Boundary::fence, Pooling::per_channel, Skip::sum, NetHead::pooled)},
    {"pooled head, concatenation",
     varied(kOneLayer, OutputGate::sigmoid, Boundary::fence, Pooling::none, Skip::concatenation, NetHead::pooled)},
    {"ResNet of three sequences", resnet_of({3, 1, 16, 5, 4, 4, 12, 4, NetInput::rgb}, NetHead::flatten)},
    {"ResNet of one sequence, pooled head", resnet_of({1, 1, 16, 3, 6, 4, 9, 3, NetInput::planes}, NetHead::pooled)},
};

}  // namespace boxwarp::test
