// Written by bench/model/counted.py: instructions of warps for each product of 16x8x16, all that a kernel does, as its PTX has
// them (moves left out) for DRC(3,3) on 10x10 boards.
#pragma once

namespace boxwarp::model::counted {

inline constexpr double kEncode = 6.01;
inline constexpr double kConvLstmForward = 5.71;
inline constexpr double kGradConvLstm = 6.50;
inline constexpr double kWeightGradient = 5.75;
inline constexpr double kGradEncode = 11.12;

}  // namespace boxwarp::model::counted
