#include "host/cpu/prepared_primitive.hpp"

namespace boxwarp {

dnnl::engine& processor_engine() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::primitive_attr prepared_attributes() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

PreparedPrimitive::PreparedPrimitive(const dnnl::primitive& primitive, const dnnl::memory::desc& scratch,
                                     std::initializer_list<std::pair<int, dnnl::memory::desc>> arguments)
    : primitive_(primitive),
      stream_(processor_engine()),
      scratch_((scratch.get_size() + sizeof(float) - 1) / sizeof(float)) {
  memories_.reserve(arguments.size() + 1);
  const auto add = [this](int argument, const dnnl::memory::desc& layout, void* address) {
    memories_.emplace_back(layout, processor_engine(), address);
    arguments_.push_back({argument, memories_.back().get()});
  };
  for (const auto& [argument, layout] : arguments) add(argument, layout, nullptr);
  if (scratch_.size() > 0) add(DNNL_ARG_SCRATCHPAD, scratch, scratch_.data());
}

void PreparedPrimitive::run(std::initializer_list<const float*> addresses) {
  std::size_t i = 0;
  for (const float* address : addresses) memories_[i++].set_data_handle(const_cast<float*>(address));
  // The C function takes the arguments as they lie; the C++ one would build a hash map in each call.
  dnnl::error::wrap_c_api(
      dnnl_primitive_execute(primitive_.get(), stream_.get(), static_cast<int>(arguments_.size()), arguments_.data()),
      "oneDNN could not execute a primitive");
}

}  // namespace boxwarp
