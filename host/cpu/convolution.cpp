#include "host/cpu/convolution.hpp"

namespace boxwarp {

namespace {

using dnnl::algorithm;
using dnnl::memory;
using dnnl::prop_kind;
using tag = memory::format_tag;

struct Descriptions {
  memory::desc x, weights, bias, y;
  memory::dims strides, before, after;
};

// Images stay channels last, which the other steps read and write; only the weights' layout is oneDNN's choice.
Descriptions descriptions(const ConvolutionShape& shape) {
  const auto f32 = memory::data_type::f32;
  const int before = (shape.kernel - 1) / 2, after = shape.kernel / 2;
  return {.x = {{shape.images, shape.inputs, shape.height, shape.width}, f32, tag::nhwc},
          .weights = {{shape.outputs, shape.inputs, shape.kernel, shape.kernel}, f32, tag::any},
          .bias = {{shape.outputs}, f32, tag::a},
          .y = {{shape.images, shape.outputs, shape.height, shape.width}, f32, tag::nhwc},
          .strides = {1, 1},
          .before = {before, before},
          .after = {after, after}};
}

dnnl::convolution_forward::primitive_desc forward_description(const Descriptions& d, bool bias) {
  const auto description = bias ? dnnl::convolution_forward::desc(prop_kind::forward_training, algorithm::convolution_direct,
                                                                  d.x, d.weights, d.bias, d.y, d.strides, d.before, d.after)
                                : dnnl::convolution_forward::desc(prop_kind::forward_training, algorithm::convolution_direct,
                                                                  d.x, d.weights, d.y, d.strides, d.before, d.after);
  return {description, prepared_attributes(), processor_engine()};
}

}  // namespace

memory::desc dense_convolution_weights(int outputs, int inputs, int kernel) {
  return {{outputs, inputs, kernel, kernel}, memory::data_type::f32, tag::oihw};
}

ConvolutionForward::ConvolutionForward(const ConvolutionShape& shape, Bias bias) : has_bias_(bias == Bias::added) {
  const auto description = forward_description(descriptions(shape), has_bias_);
  const dnnl::convolution_forward primitive(description);
  weights_layout_ = description.weights_desc();
  primitive_ = has_bias_ ? PreparedPrimitive(primitive, description.scratchpad_desc(),
                                             {{DNNL_ARG_SRC, description.src_desc()},
                                              {DNNL_ARG_WEIGHTS, weights_layout_},
                                              {DNNL_ARG_DST, description.dst_desc()},
                                              {DNNL_ARG_BIAS, description.bias_desc()}})
                         : PreparedPrimitive(primitive, description.scratchpad_desc(),
                                             {{DNNL_ARG_SRC, description.src_desc()},
                                              {DNNL_ARG_WEIGHTS, weights_layout_},
                                              {DNNL_ARG_DST, description.dst_desc()}});
}

void ConvolutionForward::run(const float* x, const float* weights, const float* bias, float* y) {
  if (has_bias_) {
    primitive_.run({x, weights, y, bias});
  } else {
    primitive_.run({x, weights, y});
  }
}

ConvolutionBackwardData::ConvolutionBackwardData(const ConvolutionShape& shape) {
  const Descriptions d = descriptions(shape);
  const dnnl::convolution_backward_data::primitive_desc description(
      {algorithm::convolution_direct, d.x, d.weights, d.y, d.strides, d.before, d.after}, prepared_attributes(),
      processor_engine(), forward_description(d, false));
  weights_layout_ = description.weights_desc();
  primitive_ = PreparedPrimitive(dnnl::convolution_backward_data(description), description.scratchpad_desc(),
                                 {{DNNL_ARG_DIFF_DST, description.diff_dst_desc()},
                                  {DNNL_ARG_WEIGHTS, weights_layout_},
                                  {DNNL_ARG_DIFF_SRC, description.diff_src_desc()}});
}

void ConvolutionBackwardData::run(const float* grad_y, const float* weights, float* grad_x) {
  primitive_.run({grad_y, weights, grad_x});
}

ConvolutionBackwardWeights::ConvolutionBackwardWeights(const ConvolutionShape& shape)
    : dense_layout_(dense_convolution_weights(shape.outputs, shape.inputs, shape.kernel)) {
  const Descriptions d = descriptions(shape);
  const dnnl::convolution_backward_weights::primitive_desc description(
      {algorithm::convolution_direct, d.x, d.weights, d.y, d.strides, d.before, d.after}, prepared_attributes(),
      processor_engine(), forward_description(d, false));
  packed_layout_ = description.diff_weights_desc();
  packed_ = AlignedFloats(packed_layout_.get_size() / sizeof(float));
  primitive_ = PreparedPrimitive(dnnl::convolution_backward_weights(description), description.scratchpad_desc(),
                                 {{DNNL_ARG_SRC, description.src_desc()},
                                  {DNNL_ARG_DIFF_DST, description.diff_dst_desc()},
                                  {DNNL_ARG_DIFF_WEIGHTS, packed_layout_}});
  const dnnl::reorder::primitive_desc unpack(processor_engine(), packed_layout_, processor_engine(), dense_layout_,
                                             prepared_attributes());
  unpack_ = PreparedPrimitive(dnnl::reorder(unpack), unpack.scratchpad_desc(),
                              {{DNNL_ARG_FROM, packed_layout_}, {DNNL_ARG_TO, dense_layout_}});
}

void ConvolutionBackwardWeights::run(const float* x, const float* grad_y, float* grad_weights) {
  primitive_.run({x, grad_y, packed_.data()});
  unpack_.run({packed_.data(), grad_weights});
}

}  // namespace boxwarp
