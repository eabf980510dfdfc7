#include "host/cpu/packed_weights.hpp"

#include <algorithm>

#include "host/cpu/prepared_primitive.hpp"

namespace boxwarp {

namespace {

AlignedFloats floats_for(const dnnl::memory::desc& layout) { return AlignedFloats(layout.get_size() / sizeof(float)); }

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

void PackedWeights::fill(Copy& copy) {
  dnnl::stream stream(processor_engine());
  dnnl::memory from(dense_, processor_engine(), source_.data()), to(copy.layout, processor_engine(), copy.data.data());
  copy.reorder.execute(stream, from, to);
  stream.wait();
}

std::size_t PackedWeights::bytes() const {
  std::size_t sum = source_.bytes();
  for (const Copy& copy : copies_) sum += copy.data.bytes();
  return sum;
}

}  // namespace boxwarp
