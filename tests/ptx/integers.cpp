// Arithmetic of integers.
#include <algorithm>
#include <limits>

#include "tests/ptx/decoding.hpp"

namespace boxwarp::ptx {

namespace {

template <class T>
using Unsigned = std::make_unsigned_t<T>;

// Wraps around, whatever the sign.
template <class T>
constexpr T sum(T a, T b) {
  return static_cast<T>(static_cast<Unsigned<T>>(a) + static_cast<Unsigned<T>>(b));
}
template <class T>
constexpr T difference(T a, T b) {
  return static_cast<T>(static_cast<Unsigned<T>>(a) - static_cast<Unsigned<T>>(b));
}
template <class T>
constexpr T product(T a, T b) {
  return static_cast<T>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}

__extension__ using Wide = __int128;
__extension__ using UnsignedWide = unsigned __int128;

template <class T>
T high_product(T a, T b) {
  using Double = std::conditional_t<std::is_signed_v<T>, Wide, UnsignedWide>;
  return static_cast<T>(static_cast<Double>(a) * static_cast<Double>(b) >> (8 * sizeof(T)));
}

// As GPUs have it: all ones by zero; the lowest number by -1 is itself.
template <class T>
T quotient(T a, T b) {
  if (b == 0) return static_cast<T>(~T{0});
  if constexpr (std::is_signed_v<T>)
    if (b == -1) return difference<T>(0, a);
  return static_cast<T>(a / b);
}
template <class T>
T remainder(T a, T b) {
  if (b == 0) return a;
  if constexpr (std::is_signed_v<T>)
    if (b == -1) return 0;
  return static_cast<T>(a % b);
}

template <class T>
struct Doubled;
template <>
struct Doubled<std::int16_t> {
  using type = std::int32_t;
};
template <>
struct Doubled<std::uint16_t> {
  using type = std::uint32_t;
};
template <>
struct Doubled<std::int32_t> {
  using type = std::int64_t;
};
template <>
struct Doubled<std::uint32_t> {
  using type = std::uint64_t;
};

// mul.wide: twice the size.
template <class T>
Run wide() {
  using W = typename Doubled<T>::type;
  return binary<W, T, T>([](T a, T b) { return product<W>(a, b); });
}

Run wide_of(std::string_view type) {
  if (type == "s16") return wide<std::int16_t>();
  if (type == "u16") return wide<std::uint16_t>();
  if (type == "s32") return wide<std::int32_t>();
  if (type == "u32") return wide<std::uint32_t>();
  return nullptr;
}

Run simple(std::string_view op, std::string_view type) {
  if (op == "add") return for_integer(type, []<class T>() { return binary<T, T, T>([](T a, T b) { return sum(a, b); }); });
  if (op == "sub")
    return for_integer(type, []<class T>() { return binary<T, T, T>([](T a, T b) { return difference(a, b); }); });
  if (op == "div")
    return for_integer(type, []<class T>() { return binary<T, T, T>([](T a, T b) { return quotient(a, b); }); });
  if (op == "rem")
    return for_integer(type, []<class T>() { return binary<T, T, T>([](T a, T b) { return remainder(a, b); }); });
  if (op == "min")
    return for_integer(type, []<class T>() { return binary<T, T, T>([](T a, T b) { return std::min(a, b); }); });
  if (op == "max")
    return for_integer(type, []<class T>() { return binary<T, T, T>([](T a, T b) { return std::max(a, b); }); });
  if (op == "neg") return for_integer(type, []<class T>() { return unary<T, T>([](T a) { return difference<T>(0, a); }); });
  if (op == "abs")
    return for_integer(type, []<class T>() { return unary<T, T>([](T a) { return a < T{0} ? difference<T>(0, a) : a; }); });
  return nullptr;
}

Run multiplying(std::string_view half, std::string_view type) {
  if (half == "wide") return wide_of(type);
  if (half == "lo")
    return for_integer(type, []<class T>() { return binary<T, T, T>([](T a, T b) { return product(a, b); }); });
  if (half == "hi")
    return for_integer(type, []<class T>() { return binary<T, T, T>([](T a, T b) { return high_product(a, b); }); });
  return nullptr;
}

}  // namespace

bool decode_integers(const Statement& statement, Decoding& names, Instruction& instruction) {
  const auto& parts = statement.parts;
  const std::string_view op = parts[0];
  if (parts.size() == 2) {
    instruction.run = simple(op, parts[1]);
  } else if (op == "mul" && parts.size() == 3) {
    instruction.run = multiplying(parts[1], parts[2]);
  } else if (op == "mad" && parts.size() == 3 && parts[1] == "lo") {
    instruction.run = for_integer(
        parts[2], []<class T>() { return ternary<T, T, T, T>([](T a, T b, T c) { return sum(product(a, b), c); }); });
  }
  if (instruction.run == nullptr) return false;
  const std::size_t bytes = bytes_of_type(parts.back());
  instruction.to[0] = names.target(statement.operands.at(0));
  for (std::size_t i = 1; i < statement.operands.size(); ++i)
    instruction.from[i - 1] = names.value(statement.operands[i], bytes);
  return true;
}

}  // namespace boxwarp::ptx
