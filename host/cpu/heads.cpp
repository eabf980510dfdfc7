#include "host/cpu/heads.hpp"

#include "host/cpu/column_sums.hpp"

namespace boxwarp {

namespace {

using dnnl::memory;
using dnnl::prop_kind;
using tag = memory::format_tag;

struct Descriptions {
  memory::desc x, weights, bias, y;
};

Descriptions descriptions(const HeadsShape& shape) {
  const auto f32 = memory::data_type::f32;
  return {.x = {{shape.rows, shape.inputs}, f32, tag::ab},
          .weights = {{shape.hidden, shape.inputs}, f32, tag::any},
          .bias = {{shape.hidden}, f32, tag::a},
          .y = {{shape.rows, shape.hidden}, f32, tag::ab}};
}

dnnl::inner_product_forward::primitive_desc forward_description(const Descriptions& d) {
  dnnl::primitive_attr attributes = prepared_attributes();
  dnnl::post_ops relu;
  relu.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
  attributes.set_post_ops(relu);
  return {{prop_kind::forward_training, d.x, d.weights, d.bias, d.y}, attributes, processor_engine()};
}

// C = op(A) op(B), row major.
void product(char transpose_a, char transpose_b, int m, int n, int k, const float* a, int a_columns, const float* b,
             int b_columns, float* c) {
  dnnl::error::wrap_c_api(dnnl_sgemm(transpose_a, transpose_b, m, n, k, 1.0f, a, a_columns, b, b_columns, 0.0f, c, n),
                          "oneDNN: sgemm failed");
}

}  // namespace

memory::desc dense_weights(int hidden, int inputs) { return {{hidden, inputs}, memory::data_type::f32, tag::ab}; }

HeadsForward::HeadsForward(const HeadsShape& shape) : shape_(shape) {
  const auto description = forward_description(descriptions(shape));
  weights_layout_ = description.weights_desc();
  dense_ = PreparedPrimitive(dnnl::inner_product_forward(description), description.scratchpad_desc(),
                             {{DNNL_ARG_SRC, description.src_desc()},
                              {DNNL_ARG_WEIGHTS, weights_layout_},
                              {DNNL_ARG_BIAS, description.bias_desc()},
                              {DNNL_ARG_DST, description.dst_desc()}});
}

void HeadsForward::run(const float* x, const float* weights, const float* bias, const float* head_weights,
                       const float* head_bias, float* hidden, float* outputs) {
  dense_.run({x, weights, bias, hidden});
  product('N', 'T', shape_.rows, shape_.outputs, shape_.hidden, hidden, shape_.hidden, head_weights, shape_.hidden, outputs);
  for (int row = 0; row < shape_.rows; ++row) {
    for (int o = 0; o < shape_.outputs; ++o) *outputs++ += head_bias[o];
  }
}

HeadsBackward::HeadsBackward(const HeadsShape& shape)
    : shape_(shape), grad_hidden_(static_cast<std::size_t>(shape.rows) * static_cast<std::size_t>(shape.hidden)) {
  const Descriptions d = descriptions(shape);
  const auto hint = forward_description(d);
  const dnnl::inner_product_backward_data::primitive_desc data({d.x, d.weights, d.y}, prepared_attributes(),
                                                               processor_engine(), hint);
  weights_layout_ = data.weights_desc();
  data_ = PreparedPrimitive(dnnl::inner_product_backward_data(data), data.scratchpad_desc(),
                            {{DNNL_ARG_DIFF_DST, data.diff_dst_desc()},
                             {DNNL_ARG_WEIGHTS, weights_layout_},
                             {DNNL_ARG_DIFF_SRC, data.diff_src_desc()}});

  const dnnl::inner_product_backward_weights::primitive_desc weights({d.x, d.weights, d.bias, d.y}, prepared_attributes(),
                                                                     processor_engine(), hint);
  packed_layout_ = weights.diff_weights_desc();
  packed_ = AlignedFloats(packed_layout_.get_size() / sizeof(float));
  weights_ = PreparedPrimitive(dnnl::inner_product_backward_weights(weights), weights.scratchpad_desc(),
                               {{DNNL_ARG_SRC, weights.src_desc()},
                                {DNNL_ARG_DIFF_DST, weights.diff_dst_desc()},
                                {DNNL_ARG_DIFF_WEIGHTS, packed_layout_},
                                {DNNL_ARG_DIFF_BIAS, weights.diff_bias_desc()}});
  const memory::desc dense = dense_weights(shape.hidden, shape.inputs);
  const dnnl::reorder::primitive_desc unpack(processor_engine(), packed_layout_, processor_engine(), dense,
                                             prepared_attributes());
  unpack_ = PreparedPrimitive(dnnl::reorder(unpack), unpack.scratchpad_desc(),
                              {{DNNL_ARG_FROM, packed_layout_}, {DNNL_ARG_TO, dense}});
}

void HeadsBackward::run(const float* x, const float* weights, const float* head_weights, const float* hidden,
                        const float* grad_outputs, const Gradients& gradients) {
  const int rows = shape_.rows, units = shape_.hidden, outputs = shape_.outputs;
  product('T', 'N', outputs, units, rows, grad_outputs, outputs, hidden, units, gradients.head_weights);
  column_sums(static_cast<std::size_t>(rows), static_cast<std::size_t>(outputs), grad_outputs, gradients.head_bias);
  product('N', 'N', rows, units, outputs, grad_outputs, outputs, head_weights, units, grad_hidden_.data());
  for (std::size_t i = 0; i < grad_hidden_.size(); ++i) {
    if (!(hidden[i] > 0.0f)) grad_hidden_.data()[i] = 0.0f;
  }
  weights_.run({x, grad_hidden_.data(), packed_.data(), gradients.bias});
  unpack_.run({packed_.data(), gradients.weights});
  data_.run({grad_hidden_.data(), weights, gradients.x});
}

std::size_t HeadsBackward::scratch_bytes() const {
  return data_.scratch_bytes() + weights_.scratch_bytes() + unpack_.scratch_bytes() + packed_.bytes() + grad_hidden_.bytes();
}

}  // namespace boxwarp
