// Arithmetic of floats. Where a GPU may err, this errs as much as the ISA allows it.
#include <cfenv>
#include <cmath>
#include <limits>

#include "tests/ptx/decoding.hpp"

namespace boxwarp::ptx {

namespace {

// Only so many bits of a number are right.
double kept_bits(double x, int bits) {
  const std::uint64_t below = std::uint64_t{1} << (53 - bits);
  if (!std::isfinite(x)) return x;
  return std::bit_cast<double>((std::bit_cast<std::uint64_t>(x) + below / 2) & ~(below - 1));
}

float without_subnormals(float x) { return std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(0.0f, x) : x; }

// Rounded down. The processor's own rounding is changed for one operation, of whose operands the compiler must know nothing.
float fused_down(float a, float b, float c) {
  const volatile float x = a, y = b, z = c;
  std::fesetround(FE_DOWNWARD);
  const volatile float result = std::fma(x, y, z);
  std::fesetround(FE_TONEAREST);
  return result;
}

// NaN loses against a number.
template <class T>
T lower(T a, T b) {
  return std::fmin(a, b);
}
template <class T>
T higher(T a, T b) {
  return std::fmax(a, b);
}

// a * b + c of 32 lanes at once; lanes outside of the mask are computed and not kept.
template <class T>
[[gnu::always_inline]] inline void fuse(const Warp& warp, const Instruction& i) {
  Stored<T>* const to = warp.values<T>(i.to[0]);
  const Stored<T>*const a = warp.values<T>(i.from[0]), *const b = warp.values<T>(i.from[1]),
                        *const c = warp.values<T>(i.from[2]);
  Stored<T> results[kLanes];
  for (unsigned lane = 0; lane < kLanes; ++lane)
    results[lane] = stored(std::fma(as<T>(a[lane]), as<T>(b[lane]), as<T>(c[lane])));
  for (unsigned lane = 0; lane < kLanes; ++lane) to[lane] = (warp.mask >> lane & 1) != 0 ? results[lane] : to[lane];
}
BOXWARP_PTX_CLONES void fuse_floats(Warp& warp, const Instruction& i) { fuse<float>(warp, i); }
BOXWARP_PTX_CLONES void fuse_doubles(Warp& warp, const Instruction& i) { fuse<double>(warp, i); }

// add, mul, ...: f32 or f64, rounded to nearest, which .rn says besides.
Run exact(std::string_view op, std::string_view type) {
  if (op == "add") return for_float(type, []<class T>() { return binary<T, T, T>([](T a, T b) { return a + b; }); });
  if (op == "sub") return for_float(type, []<class T>() { return binary<T, T, T>([](T a, T b) { return a - b; }); });
  if (op == "mul") return for_float(type, []<class T>() { return binary<T, T, T>([](T a, T b) { return a * b; }); });
  if (op == "min") return for_float(type, []<class T>() { return binary<T, T, T>([](T a, T b) { return lower(a, b); }); });
  if (op == "max") return for_float(type, []<class T>() { return binary<T, T, T>([](T a, T b) { return higher(a, b); }); });
  if (op == "neg") return for_float(type, []<class T>() { return unary<T, T>([](T a) { return -a; }); });
  if (op == "abs") return for_float(type, []<class T>() { return unary<T, T>([](T a) { return std::fabs(a); }); });
  // The first gives its sign to the second.
  if (op == "copysign")
    return for_float(type, []<class T>() { return binary<T, T, T>([](T a, T b) { return std::copysign(b, a); }); });
  return nullptr;
}

Run rounded(std::string_view op, std::string_view type) {
  if (op == "add" || op == "sub" || op == "mul") return exact(op, type);
  if (op == "fma") return type == "f32" ? fuse_floats : fuse_doubles;
  if (op == "div") return for_float(type, []<class T>() { return binary<T, T, T>([](T a, T b) { return a / b; }); });
  if (op == "rcp") return for_float(type, []<class T>() { return unary<T, T>([](T a) { return T{1} / a; }); });
  if (op == "sqrt") return for_float(type, []<class T>() { return unary<T, T>([](T a) { return std::sqrt(a); }); });
  return nullptr;
}

// Errors by the tables of the PTX ISA: tanh 2^-11 of the result; ex2 and rcp of f32 about 2^-23; rcp of f64 reads and gives
// the upper half of a number, of which some 20 bits are right.
Run approximate(const std::vector<std::string_view>& parts) {
  const std::string_view op = parts[0], type = parts.back();
  const bool flushes = parts.size() == 4 && parts[2] == "ftz";
  if (parts.size() != 3 && !flushes) return nullptr;
  if (op == "tanh" && type == "f32" && !flushes)
    return unary<float, float>([](float a) { return static_cast<float>(kept_bits(std::tanh(double{a}), 11)); });
  if (op == "ex2" && type == "f32" && flushes)
    return unary<float, float>([](float a) {
      return without_subnormals(static_cast<float>(kept_bits(std::exp2(double{without_subnormals(a)}), 22)));
    });
  if (op == "rcp" && type == "f32" && flushes)
    return unary<float, float>(
        [](float a) { return without_subnormals(static_cast<float>(kept_bits(1.0 / double{without_subnormals(a)}, 23))); });
  if (op == "rcp" && type == "f64" && flushes)
    return unary<double, double>([](double a) {
      const auto upper = std::bit_cast<std::uint64_t>(a) & 0xffffffff00000000u;
      return std::bit_cast<double>(std::bit_cast<std::uint64_t>(kept_bits(1.0 / std::bit_cast<double>(upper), 20)) &
                                   0xffffffff00000000u);
    });
  return nullptr;
}

}  // namespace

bool decode_floats(const Statement& statement, Decoding& names, Instruction& instruction) {
  const auto& parts = statement.parts;
  const std::string_view op = parts[0], type = parts.back();
  if (type != "f32" && type != "f64") return false;
  if (parts.size() == 2) instruction.run = exact(op, type);
  if (parts.size() == 3 && parts[1] == "rn") instruction.run = rounded(op, type);
  if (parts.size() == 3 && parts[1] == "rm" && op == "fma" && type == "f32")
    instruction.run = ternary<float, float, float, float>([](float a, float b, float c) { return fused_down(a, b, c); });
  if (parts.size() >= 3 && parts[1] == "approx") instruction.run = approximate(parts);
  if (instruction.run == nullptr) return false;
  instruction.to[0] = names.target(statement.operands.at(0));
  for (std::size_t i = 1; i < statement.operands.size(); ++i)
    instruction.from[i - 1] = names.value(statement.operands[i], bytes_of_type(type));
  return true;
}

}  // namespace boxwarp::ptx
