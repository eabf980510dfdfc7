// One tensor of weights in every layout that the primitives reading it asked for.
#pragma once

#include <cstddef>
#include <deque>

#include <dnnl.hpp>

#include "host/cpu/aligned_floats.hpp"

namespace boxwarp {

class PackedWeights {
 public:
  // dense: the layout in which load receives the weights.
  explicit PackedWeights(const dnnl::memory::desc& dense);

  // The weights in that layout, at an address that stays; later loads change what lies there.
  const float* in(const dnnl::memory::desc& layout);

  void load(const float* weights);

  std::size_t bytes() const;

 private:
  struct Copy {
    dnnl::memory::desc layout;
    AlignedFloats data;
    dnnl::reorder reorder;
  };
  void fill(Copy& copy);

  dnnl::memory::desc dense_;
  AlignedFloats source_;  // as loaded, for layouts that are asked for later
  std::deque<Copy> copies_;
};

}  // namespace boxwarp
