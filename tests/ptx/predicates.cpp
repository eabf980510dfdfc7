// Comparisons and what follows from them.
#include <cmath>

#include "tests/ptx/decoding.hpp"

namespace boxwarp::ptx {

namespace {

template <class T, class F>
Run comparing(F) {
  return [](Warp& warp, const Instruction& i) {
    const Stored<T>*const a = warp.values<T>(i.from[0]), *const b = warp.values<T>(i.from[1]);
    std::uint32_t holds = 0;
    for (unsigned lane = 0; lane < kLanes; ++lane) holds |= std::uint32_t{F{}(as<T>(a[lane]), as<T>(b[lane]))} << lane;
    warp.set_predicate(i.to[0], holds);
  };
}

// Those that hold for no NaN; for integers lo, ls, hi, hs are names of lt, le, gt, ge.
template <class T>
Run ordered(std::string_view how) {
  if (how == "eq") return comparing<T>([](T a, T b) { return a == b; });
  if (how == "lt" || how == "lo") return comparing<T>([](T a, T b) { return a < b; });
  if (how == "le" || how == "ls") return comparing<T>([](T a, T b) { return a <= b; });
  if (how == "gt" || how == "hi") return comparing<T>([](T a, T b) { return a > b; });
  if (how == "ge" || how == "hs") return comparing<T>([](T a, T b) { return a >= b; });
  if (how == "ne") return comparing<T>([](T a, T b) { return a < b || a > b; });
  return nullptr;
}

// Those that hold where one of the two is NaN.
template <class T>
Run unordered(std::string_view how) {
  if (how == "equ") return comparing<T>([](T a, T b) { return !(a < b || a > b); });
  if (how == "neu") return comparing<T>([](T a, T b) { return a != b; });
  if (how == "ltu") return comparing<T>([](T a, T b) { return !(a >= b); });
  if (how == "leu") return comparing<T>([](T a, T b) { return !(a > b); });
  if (how == "gtu") return comparing<T>([](T a, T b) { return !(a <= b); });
  if (how == "geu") return comparing<T>([](T a, T b) { return !(a < b); });
  if (how == "num") return comparing<T>([](T a, T b) { return !std::isnan(a) && !std::isnan(b); });
  if (how == "nan") return comparing<T>([](T a, T b) { return std::isnan(a) || std::isnan(b); });
  return nullptr;
}

template <class F>
Run joining(F) {
  return [](Warp& warp, const Instruction& i) {
    warp.set_predicate(i.to[0], F{}(warp.predicate(i.from[0]), warp.predicate(i.from[1])));
  };
}

Run logic(std::string_view op) {
  if (op == "and") return joining([](std::uint32_t a, std::uint32_t b) { return a & b; });
  if (op == "or") return joining([](std::uint32_t a, std::uint32_t b) { return a | b; });
  if (op == "xor") return joining([](std::uint32_t a, std::uint32_t b) { return a ^ b; });
  if (op == "not") return joining([](std::uint32_t a, std::uint32_t) { return ~a; });
  return nullptr;
}

}  // namespace

bool decode_predicates(const Statement& statement, Decoding& names, Instruction& instruction) {
  const auto& parts = statement.parts;
  const auto& operands = statement.operands;
  if (parts.size() == 2 && parts[1] == "pred") {
    instruction.run = logic(parts[0]);
    if (instruction.run == nullptr) return false;
    instruction.to[0] = names.target(operands.at(0));
    for (std::size_t i = 1; i < operands.size(); ++i) instruction.from[i - 1] = names.predicate(operands[i]);
    return true;
  }
  if (parts[0] != "setp" || parts.size() != 3) return false;
  const std::string_view how = parts[1], type = parts[2];
  instruction.run = for_integer(type, [&]<class T>() { return ordered<T>(how); });
  if (instruction.run == nullptr)
    instruction.run = for_float(type, [&]<class T>() {
      const Run run = ordered<T>(how);
      return run != nullptr ? run : unordered<T>(how);
    });
  if (instruction.run == nullptr) return false;
  instruction.to[0] = names.target(operands.at(0));
  for (std::size_t i = 0; i < 2; ++i) instruction.from[i] = names.value(operands.at(i + 1), bytes_of_type(type));
  return true;
}

}  // namespace boxwarp::ptx
