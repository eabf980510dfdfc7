// Integers as rows of bits.
#include <bit>

#include "tests/ptx/decoding.hpp"

namespace boxwarp::ptx {

namespace {

template <class T>
constexpr std::uint32_t kBits = 8 * sizeof(T);

template <class T>
T shifted_left(T a, std::uint32_t by) {
  return by >= kBits<T> ? T{0} : static_cast<T>(static_cast<std::uint64_t>(a) << by);
}
template <class T>
T shifted_right(T a, std::uint32_t by) {
  if (by >= kBits<T>) return a < T{0} ? static_cast<T>(~T{0}) : T{0};
  return static_cast<T>(a >> by);
}

// The low `count` bits of `piece` at bit `first` of `whole`; both count by their low eight bits.
template <class T>
T inserted(T piece, T whole, std::uint32_t first, std::uint32_t count) {
  first &= 0xff;
  count &= 0xff;
  if (first >= kBits<T> || count == 0) return whole;
  const T ones = count >= kBits<T> ? static_cast<T>(~T{0}) : static_cast<T>((T{1} << count) - 1);
  const T place = static_cast<T>(ones << first);
  return static_cast<T>((whole & ~place) | (static_cast<T>(piece << first) & place));
}

// Four of the eight bytes of a and b, by digits of the selector; the highest bit of a digit repeats the byte's sign.
std::uint32_t permuted(std::uint32_t a, std::uint32_t b, std::uint32_t selector) {
  const std::uint64_t bytes = static_cast<std::uint64_t>(b) << 32 | a;
  std::uint32_t result = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const std::uint32_t digit = selector >> (4 * i) & 0xf;
    std::uint32_t byte = static_cast<std::uint32_t>(bytes >> (8 * (digit & 7))) & 0xff;
    if ((digit & 8) != 0) byte = (byte & 0x80) != 0 ? 0xff : 0;
    result |= byte << (8 * i);
  }
  return result;
}

template <class T>
std::uint32_t ones(T a) {
  return static_cast<std::uint32_t>(std::popcount(a));
}
// What reads one size throughout.
Run alike(std::string_view op, std::string_view type) {
  if (op == "and")
    return for_integer(type, []<class T>() { return binary<T, T, T>([](T a, T b) { return static_cast<T>(a & b); }); });
  if (op == "or")
    return for_integer(type, []<class T>() { return binary<T, T, T>([](T a, T b) { return static_cast<T>(a | b); }); });
  if (op == "xor")
    return for_integer(type, []<class T>() { return binary<T, T, T>([](T a, T b) { return static_cast<T>(a ^ b); }); });
  if (op == "not") return for_integer(type, []<class T>() { return unary<T, T>([](T a) { return static_cast<T>(~a); }); });
  if (op == "prmt" && type == "b32")
    return ternary<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>(
        [](std::uint32_t a, std::uint32_t b, std::uint32_t c) { return permuted(a, b, c); });
  return nullptr;
}

// Gives 32 bits, whatever it reads.
Run counting(std::string_view type) {
  if (type == "b32") return unary<std::uint32_t, std::uint32_t>([](std::uint32_t a) { return ones(a); });
  if (type == "b64") return unary<std::uint32_t, std::uint64_t>([](std::uint64_t a) { return ones(a); });
  return nullptr;
}

Run shifting(std::string_view op, std::string_view type) {
  if (op == "shl")
    return for_integer(type, []<class T>() {
      return binary<T, T, std::uint32_t>([](T a, std::uint32_t b) { return shifted_left(a, b); });
    });
  if (op == "shr")
    return for_integer(type, []<class T>() {
      return binary<T, T, std::uint32_t>([](T a, std::uint32_t b) { return shifted_right(a, b); });
    });
  return nullptr;
}

template <class T>
Run inserting() {
  return [](Warp& warp, const Instruction& i) {
    Stored<T>* const to = warp.values<T>(i.to[0]);
    const Stored<T>*const piece = warp.values<T>(i.from[0]), *const whole = warp.values<T>(i.from[1]);
    const std::uint32_t *const first = warp.values<std::uint32_t>(i.from[2]), *const count =
                                                                                  warp.values<std::uint32_t>(i.from[3]);
    each_lane(warp, [&](unsigned lane) { to[lane] = inserted<T>(piece[lane], whole[lane], first[lane], count[lane]); });
  };
}

}  // namespace

bool decode_bits(const Statement& statement, Decoding& names, Instruction& instruction) {
  const auto& parts = statement.parts;
  const auto& operands = statement.operands;
  const std::string_view op = parts[0], type = parts.back();
  if (type == "pred") return false;
  std::size_t alike_until = operands.size();  // operands from this one on are of 32 bits
  if (parts.size() == 2) instruction.run = alike(op, type);
  if (parts.size() == 2 && op == "popc") instruction.run = counting(type);
  if (instruction.run == nullptr && parts.size() == 2) {
    instruction.run = shifting(op, type);
    alike_until = 2;
  }
  if (instruction.run == nullptr && op == "bfi") {
    instruction.run = type == "b64" ? inserting<std::uint64_t>() : inserting<std::uint32_t>();
    alike_until = 3;
  }
  if (instruction.run == nullptr) return false;
  instruction.to[0] = names.target(operands.at(0));
  for (std::size_t i = 1; i < operands.size(); ++i)
    instruction.from[i - 1] = names.value(operands[i], i < alike_until ? bytes_of_type(type) : sizeof(std::uint32_t));
  return true;
}

}  // namespace boxwarp::ptx
