#include "host/cpu/packed_weights.hpp"

#include <algorithm>

#include "host/cpu/prepared_primitive.hpp"

namespace boxwarp {

namespace {

AlignedFloats floats_for(const dnnl::memory::desc& layout) {
  AlignedFloats floats(layout.get_size() / sizeof(float));
  std::fill_n(floats.data(), floats.size(), 0.0f);
  return floats;
}

void execute(const dnnl::reorder& reorder, const dnnl::memory::desc& from_layout, const float* from,
             const dnnl::memory::desc& to_layout, float* to) {
  dnnl::stream stream(processor_engine());
  dnnl::memory source(from_layout, processor_engine(), const_cast<float*>(from));
  dnnl::memory target(to_layout, processor_engine(), to);
  reorder.execute(stream, source, target);
  stream.wait();
}

}  // namespace

PackedWeights::PackedWeights(const dnnl::memory::desc& dense) : dense_(dense), source_(floats_for(dense)) {}

const float* PackedWeights::in(const dnnl::memory::desc& layout) {
  for (const Copy& copy : copies_) {
    if (copy.layout == layout) return copy.data.data();
  }
  const dnnl::reorder::primitive_desc description(processor_engine(), dense_, processor_engine(), layout);
  copies_.push_back({layout, floats_for(layout), dnnl::reorder(description)});
  fill(copies_.back());
  return copies_.back().data.data();
}

void PackedWeights::load(const float* weights) {
  std::copy_n(weights, source_.size(), source_.data());
  for (Copy& copy : copies_) fill(copy);
}

void PackedWeights::fill(Copy& copy) { execute(copy.reorder, dense_, source_.data(), copy.layout, copy.data.data()); }

std::size_t PackedWeights::bytes() const {
  std::size_t sum = source_.bytes();
  for (const Copy& copy : copies_) sum += copy.data.bytes();
  return sum;
}

void reorder_weights(const dnnl::memory::desc& from_layout, const float* from, const dnnl::memory::desc& to_layout,
                     float* to) {
  const dnnl::reorder::primitive_desc description(processor_engine(), from_layout, processor_engine(), to_layout);
  execute(dnnl::reorder(description), from_layout, from, to_layout, to);
}

}  // namespace boxwarp
