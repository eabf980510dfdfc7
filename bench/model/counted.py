#!/usr/bin/env python3
"""Writes bench/model/counted.hpp: instructions that the network's kernels take for each product of tensor cores, all of what they
do in it, counted while their PTX ran for the published network. Needs nvcc, no GPU.

  build/dev/ptx/boxwarp train --preset paper --device cuda --levels generated:size=10x10,boxes=4,count=500,seed=1 \\
      --set num_envs=14 --set minibatch_envs=7 --set unroll=4 --frames 56 --out FOLDER    with BOXWARP_PTX_PROFILE=bf16.json
  the same with --set precision=bf16-wgmma                                        and with BOXWARP_PTX_PROFILE=wgmma.json
  bench/model/counted.py bf16.json wgmma.json
"""

import json
import pathlib
import sys

# What the model takes for one kernel, and the kernels by their short names; of gradients of weights, by what they are of.
WEIGHTS = "grad_weights_kernel<(boxwarp::cuda::Of)"
KERNELS = {"Encode": ["encode_kernel"], "ConvLstmForward": ["conv_lstm_forward_kernel"],
           "GradConvLstm": ["grad_conv_lstm_kernel"], "RecurrentWeights": [WEIGHTS + "0"], "InputWeights": [WEIGHTS + "1"],
           "ConvLstmForwardWgmma": ["conv_lstm_forward_wgmma_kernel"], "GradConvLstmWgmma": ["grad_conv_lstm_wgmma_kernel"],
           "RecurrentWeightsWgmma": ["grad_recurrent_weights_wgmma_kernel"],
           "GradInjected": ["grad_injected_kernel"], "GradSkip": ["grad_skip_kernel"],
           "GradEncode": [WEIGHTS + "2", "grad_first_kernel", "grad_table_kernel"]}


def main():
    kernels = [item for profile in sys.argv[1:] for item in json.loads(pathlib.Path(profile).read_text()).items()]
    lines = []
    for name, begins in KERNELS.items():
        found = [kernel for key, kernel in kernels if key.startswith(tuple(begins))]
        value = sum(kernel["warp_instructions"] for kernel in found) / sum(kernel["mma"] for kernel in found)
        lines.append(f"inline constexpr double k{name} = {value:.2f};")
    text = """// Written by bench/model/counted.py: instructions of warps for each product of 16x8x16, all that a kernel does, as its PTX has
// them (moves left out) for DRC(3,3) on 10x10 boards.
#pragma once

namespace boxwarp::model::counted {

"""
    header = pathlib.Path(__file__).with_name("counted.hpp")
    header.write_text(text + "\n".join(lines) + "\n\n}  // namespace boxwarp::model::counted\n")


if __name__ == "__main__":
    main()
