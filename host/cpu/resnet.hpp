// The ResNet over slices of an unroll, as SlicedNetwork runs it: every image by itself, without a state.
//
// A sequence is x = conv(x), then twice x = x + conv(relu(x)); the head sees the relu of the last one's x. The first
// convolution is the table of encoder.hpp. T steps, b boards of a slice, N = H * W cells, S sequences, C_i channels of
// sequence i. Convolution 3 i of the list leads sequence i, 3 i + 1 and 3 i + 2 are its residual ones.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "host/cpu/convolution.hpp"
#include "host/cpu/head_pass.hpp"
#include "host/cpu/network_parts.hpp"
#include "host/cpu/packed_weights.hpp"

namespace boxwarp {

struct ConvolutionParts {
  Part weights;  // (outputs, inputs, E, E); of the first convolution: (E * E, kTableCodes, C)
  Part bias;     // (outputs)
};

struct ResNetParts {
  NetShape shape;
  std::vector<ConvolutionParts> convolutions;  // (3 S)
  HeadParts head;
  std::size_t size;  // of all parts, in floats
};

ResNetParts resnet_parts(const NetShape& shape);

// The transposed pair of maps between parameters and parts, as in network_parts.hpp.
void regroup(const ResNetParts& layout, const float* parameters, float* parts);
void regroup_gradient(const ResNetParts& layout, const float* grad_parts, float* grad_parameters);

class ResNetWeights {
 public:
  explicit ResNetWeights(const NetShape& shape);

  // parameters: (parameter_count), read during the call.
  void load(const float* parameters);

  const ResNetParts& layout() const { return layout_; }
  const NetShape& shape() const { return layout_.shape; }
  std::size_t parts() const { return layout_.size; }
  const float* part(const Part& part) const { return parts_.data() + part.offset; }
  HeadsWeights heads() const;
  std::size_t bytes() const;

  std::vector<PackedWeights> packed;  // (3 S - 1): of all convolutions but the first

 private:
  ResNetParts layout_;
  AlignedFloats parts_;
};

// Belongs to one worker; made inside a task of ThreadPool. The weights must outlive it.
class ResNetPrimitives {
 public:
  ResNetPrimitives(ResNetWeights& weights, const UnrollSize& size, Passes passes);

  struct Convolution {  // of one number of inputs and of outputs
    ConvolutionForward forward;
    ConvolutionBackwardData data;
    ConvolutionBackwardWeights weights;
  };
  struct Use {  // of one convolution of the list
    Convolution* convolution;
    const float* weights;  // packed for the way there
    const float* backward_weights;
  };
  const Use& use(std::size_t convolution) const { return uses_[convolution - 1]; }
  std::size_t scratch_bytes() const;

 private:
  std::map<std::pair<int, int>, Convolution> convolutions_;
  std::vector<Use> uses_;  // (3 S - 1)
};

class ResNetMemory {
 public:
  ResNetMemory(const ResNetWeights& weights, const UnrollSize& largest, Passes passes);

  void begin(const UnrollSize& size) { size_ = size; }
  const UnrollSize& size() const { return size_; }

  float* output(int sequence);                // (T, b, N, C_i): x at its end; the last one's is the head's z
  float* rectified(int sequence, int block);  // (T, b, N, C_i): relu(x) before its residual convolution
  std::size_t bytes() const;

  HeadMemory head;
  AlignedFloats residual;  // (T, b, N, 2C): what a residual convolution adds

 private:
  bool keeps_;
  int sequences_;
  UnrollSize size_;
  std::vector<AlignedFloats> outputs_, rectified_;  // all that backward needs, or what the next convolution does
};

struct ResNetGradients {
  ResNetGradients(const ResNetWeights& weights, const UnrollSize& largest);
  std::size_t bytes() const { return head.bytes() + x.bytes() + other.bytes(); }

  HeadGradients head;
  AlignedFloats x, other;  // (T, b, N, 2C)
};

// What SlicedNetwork calls.
struct ResNet {
  using Weights = ResNetWeights;
  using Primitives = ResNetPrimitives;
  using Memory = ResNetMemory;
  using Gradients = ResNetGradients;

  static void forward(const Weights& weights, Primitives& primitives, Memory& memory, const UnrollView& unroll, int first);
  static void backward(const Weights& weights, Primitives& primitives, Memory& memory, const UnrollView& unroll, int first,
                       Gradients& gradients, const UnrollGradientView& gradient, float* grad_parts);
  static void to_parameters(const Weights& weights, const float* grad_parts, float* grad_parameters) {
    regroup_gradient(weights.layout(), grad_parts, grad_parameters);
  }
  static void activations(const Weights&, Memory&, int, int, const ActivationsView&) {}  // there are no recurrent cells
};

}  // namespace boxwarp
