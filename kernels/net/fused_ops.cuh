// The operations of the fused bf16 network as kernels, forward.
#pragma once

#include "kernels/collective.cuh"
#include "kernels/net/fused_memory.hpp"

namespace boxwarp::DEVICE {

// parameters: (parameter_count), the device's. All weights are overwritten.
void pack_weights(Executor& executor, const FusedShape& shape, const float* parameters, const FusedWeights& weights);

// Cells of all steps to first, skip and the layers' input parts. first may be null.
void encode(Executor& executor, const FusedShape& shape, const FusedWeights& weights, const UnrollView& unroll,
            const FusedScratch& scratch, const FusedActivations& activations);

// All steps, ticks and layers after encode: features, and what else of the activations is not null; h_end and c_end.
void conv_lstm_forward(Executor& executor, const FusedShape& shape, const FusedWeights& weights, const UnrollView& unroll,
                       const FusedScratch& scratch, const FusedActivations& activations);

// Whether a board of this shape has room in the shared memory of every supported device.
bool conv_lstm_fits(const FusedShape& shape);

}  // namespace boxwarp::DEVICE
