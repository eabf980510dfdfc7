// From statements to instructions: names become places, opcodes become functions.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/ptx/program.hpp"

namespace boxwarp::ptx {

struct Register {
  Operand place;
  std::size_t bytes;  // of one value; 0: a predicate
};

// Names of one kernel.
class Decoding {
 public:
  Decoding(Kernel& kernel, const BodyText& body) : kernel_(kernel), body_(body) {}

  // A parameter's offset, a variable's address.
  void add_symbol(std::string_view name, std::uint64_t value) { symbols_[std::string(name)] = value; }

  void enter(std::uint32_t scope) { scope_ = scope; }

  // Throw BadText.
  Register reg(std::string_view name);
  Operand value(std::string_view text, std::size_t bytes);  // a register, a number or a symbol
  Operand predicate(std::string_view text);                 // a register or a number
  Operand constant(std::uint64_t bits, std::size_t bytes);
  Operand target(std::string_view text) { return reg(text).place; }  // `_` is a place that nobody reads

  // "[%rd1+8]", "[symbol]": the base and, as a number, what is added.
  struct Address {
    Operand base;
    std::size_t base_bytes;
    std::int64_t offset;
  };
  Address address(std::string_view text);

  // Registers of an instruction with many: where they begin in Kernel::lists.
  std::uint32_t add_list(const std::vector<std::string_view>& registers);

  void has_products() { kernel_.has_products = true; }
  std::uint32_t new_access() { return kernel_.accesses++; }

 private:
  const Declaration& declaration(std::string_view name, std::uint32_t& scope) const;

  Kernel& kernel_;
  const BodyText& body_;
  std::uint32_t scope_ = 0;
  std::map<std::string, std::uint64_t, std::less<>> symbols_;
  std::map<std::pair<std::uint32_t, std::string>, Register> registers_;
  std::map<std::pair<std::uint64_t, std::size_t>, Operand> constants_;
};

// The names in "{%r1, %r2}"; a single one without braces.
std::vector<std::string_view> listed(std::string_view text);

// Each fills run, kind and operands where the opcode is one of its own, and says whether it was. Throw BadText.
bool decode_integers(const Statement& statement, Decoding& names, Instruction& instruction);
bool decode_bits(const Statement& statement, Decoding& names, Instruction& instruction);
bool decode_floats(const Statement& statement, Decoding& names, Instruction& instruction);
bool decode_moves(const Statement& statement, Decoding& names, Instruction& instruction);
bool decode_conversions(const Statement& statement, Decoding& names, Instruction& instruction);
bool decode_predicates(const Statement& statement, Decoding& names, Instruction& instruction);
bool decode_memory(const Statement& statement, Decoding& names, Instruction& instruction);
bool decode_copies(const Statement& statement, Decoding& names, Instruction& instruction);
bool decode_warps(const Statement& statement, Decoding& names, Instruction& instruction);
bool decode_warpgroups(const Statement& statement, Decoding& names, Instruction& instruction);
bool decode_tiles(const Statement& statement, Decoding& names, Instruction& instruction);
bool decode_barriers(const Statement& statement, Decoding& names, Instruction& instruction);

// f.operator()<T>() for the C++ type of a PTX type; null for a type of another family. b32 counts as u32.
template <class F>
Run for_integer(std::string_view type, F f) {
  if (type == "s16") return f.template operator()<std::int16_t>();
  if (type == "u16" || type == "b16") return f.template operator()<std::uint16_t>();
  if (type == "s32") return f.template operator()<std::int32_t>();
  if (type == "u32" || type == "b32") return f.template operator()<std::uint32_t>();
  if (type == "s64") return f.template operator()<std::int64_t>();
  if (type == "u64" || type == "b64") return f.template operator()<std::uint64_t>();
  return nullptr;
}

template <class F>
Run for_float(std::string_view type, F f) {
  if (type == "f32") return f.template operator()<float>();
  if (type == "f64") return f.template operator()<double>();
  return nullptr;
}

}  // namespace boxwarp::ptx
