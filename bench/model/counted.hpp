// Written by bench/model/counted.py: instructions of warps for each product of 16x8x16, all that a kernel does, as its PTX has
// them (moves left out) for DRC(3,3) on 10x10 boards.
#pragma once

namespace boxwarp::model::counted {

inline constexpr double kEncode = 4.39;
inline constexpr double kConvLstmForward = 5.94;
inline constexpr double kGradConvLstm = 4.94;
inline constexpr double kRecurrentWeights = 4.70;
inline constexpr double kInputWeights = 5.68;
inline constexpr double kConvLstmForwardWgmma = 5.13;
inline constexpr double kGradConvLstmWgmma = 3.92;
inline constexpr double kRecurrentWeightsWgmma = 2.77;
inline constexpr double kGradInjected = 88.82;
inline constexpr double kGradSkip = 5.24;
inline constexpr double kGradEncode = 14.86;

}  // namespace boxwarp::model::counted
