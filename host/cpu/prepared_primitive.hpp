// A oneDNN primitive whose memory objects are made once, so that a call only sets addresses.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <utility>
#include <vector>

#include <dnnl.hpp>

#include "host/cpu/aligned_floats.hpp"

namespace boxwarp {

dnnl::engine& processor_engine();

// Attributes of every primitive here: its scratch memory is ours, so that primitives of different workers share nothing.
dnnl::primitive_attr prepared_attributes();

// Not to be called by two threads at once. oneDNN fixes the split of the work when a primitive is made, so it must be made
// by a thread that runs oneDNN single-threaded: inside a task of ThreadPool.
class PreparedPrimitive {
 public:
  PreparedPrimitive() = default;
  // arguments: DNNL_ARG_* with the layout of each, in the order in which run takes the addresses.
  PreparedPrimitive(const dnnl::primitive& primitive, const dnnl::memory::desc& scratch,
                    std::initializer_list<std::pair<int, dnnl::memory::desc>> arguments);

  // The addresses of the arguments; those of inputs are not written to.
  void run(std::initializer_list<const float*> addresses);

  std::size_t scratch_bytes() const { return scratch_.bytes(); }

 private:
  dnnl::primitive primitive_;
  dnnl::stream stream_;
  AlignedFloats scratch_;
  std::vector<dnnl::memory> memories_;
  std::vector<dnnl_exec_arg_t> arguments_;
};

}  // namespace boxwarp
