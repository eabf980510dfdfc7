// cvt: from one type to another.
#include <cmath>
#include <limits>

#include "tests/ptx/decoding.hpp"

namespace boxwarp::ptx {

namespace {

// f.operator()<T>() for integers of 8 bits as well, and for floats.
template <class F>
Run for_any(std::string_view type, F f) {
  if (type == "s8") return f.template operator()<std::int8_t>();
  if (type == "u8") return f.template operator()<std::uint8_t>();
  if (const Run run = for_integer(type, f)) return run;
  return for_float(type, f);
}

// Towards zero, to the nearest that there is; what is not a number becomes zero.
template <class To, class From>
To truncated(From x) {
  if (std::isnan(x)) return 0;
  if (x <= static_cast<From>(std::numeric_limits<To>::min())) return std::numeric_limits<To>::min();
  if (x >= static_cast<From>(std::numeric_limits<To>::max())) return std::numeric_limits<To>::max();
  return static_cast<To>(x);
}

template <class To, class From, class In = Stored<From>>
Run converting(std::string_view rounding) {
  constexpr bool kToFloat = std::is_floating_point_v<To>, kFromFloat = std::is_floating_point_v<From>;
  if constexpr (!kToFloat && kFromFloat) {
    if (rounding == "rzi") return unary<To, From, In>([](From x) { return truncated<To>(x); });
  } else if constexpr (kToFloat && kFromFloat && sizeof(To) == sizeof(From)) {
    if (rounding == "rni") return unary<To, From, In>([](From x) { return std::nearbyint(x); });
    // Into [0, 1]; what is not a number becomes zero.
    if (rounding == "sat") return unary<To, From, In>([](From x) { return x >= To{0} ? std::fmin(x, To{1}) : To{0}; });
  } else if constexpr (kToFloat && (!kFromFloat || sizeof(To) < sizeof(From))) {
    if (rounding == "rn") return unary<To, From, In>([](From x) { return static_cast<To>(x); });
  } else {  // between integers, or to a longer float
    if (rounding.empty()) return unary<To, From, In>([](From x) { return static_cast<To>(x); });
  }
  return nullptr;
}

std::uint32_t bf16_bits(float x) {
  if (std::isnan(x)) return 0x7fff;
  const auto bits = std::bit_cast<std::uint32_t>(x);
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

}  // namespace

bool decode_conversions(const Statement& statement, Decoding& names, Instruction& instruction) {
  const auto& parts = statement.parts;
  const auto& operands = statement.operands;
  if (parts[0] != "cvt") return false;
  std::size_t read = bytes_of_type(parts.back());
  if (parts.size() == 4 && parts[1] == "rn" && parts[2] == "bf16x2" && parts[3] == "f32") {
    instruction.run = binary<std::uint32_t, float, float>(
        [](float upper, float lower) { return bf16_bits(upper) << 16 | bf16_bits(lower); });
    instruction.from[1] = names.value(operands.at(2), sizeof(float));
  } else if (parts.size() == 4 && parts[1] == "rn" && parts[2] == "bf16" && parts[3] == "f32") {
    instruction.run = unary<std::uint32_t, float>([](float x) { return bf16_bits(x); });
  } else if (parts.size() == 3 || parts.size() == 4) {
    const std::string_view rounding = parts.size() == 4 ? parts[1] : "", to = parts[parts.size() - 2];
    instruction.run = for_any(
        to, [&]<class To>() { return for_any(parts.back(), [&]<class From>() { return converting<To, From>(rounding); }); });
    if (operands.at(1).starts_with('%') && names.reg(operands[1]).bytes == 8 && read < 8) {  // the lower half of a register
      read = 8;
      instruction.run = for_any(to, [&]<class To>() {
        return for_integer(parts.back(), [&]<class From>() { return converting<To, From, std::uint64_t>(rounding); });
      });
    }
  }
  if (instruction.run == nullptr) return false;
  instruction.to[0] = names.target(operands.at(0));
  instruction.from[0] = names.value(operands.at(1), read);
  return true;
}

}  // namespace boxwarp::ptx
