// What moves values as they are: mov, cvta, selp.
#include "tests/ptx/decoding.hpp"

namespace boxwarp::ptx {

namespace {

using U = std::uint32_t;
using UL = std::uint64_t;

// What a thread may ask of where it is.
template <class T, class F>
Run special(F) {
  return [](Warp& warp, const Instruction& i) {
    Stored<T>* const to = warp.values<T>(i.to[0]);
    each_lane(warp, [&](unsigned lane) { to[lane] = F{}(warp, lane); });
  };
}

Run special_of(std::string_view name) {
  if (name == "%tid.x") return special<U>([](const Warp& warp, unsigned lane) { return warp.number * kLanes + lane; });
  if (name == "%ntid.x") return special<U>([](const Warp& warp, unsigned) { return warp.block->launch->threads; });
  if (name == "%ctaid.x") return special<U>([](const Warp& warp, unsigned) { return warp.block->number; });
  if (name == "%nctaid.x") return special<U>([](const Warp& warp, unsigned) { return warp.block->launch->blocks; });
  if (name == "%clock64") return special<UL>([](const Warp& warp, unsigned) { return *warp.block->ticks; });
  return nullptr;
}

Run predicate_move() {
  return [](Warp& warp, const Instruction& i) { warp.set_predicate(i.to[0], warp.predicate(i.from[0])); };
}

// mov.b64 {low, high}, from;   mov.b64 to, {low, high};
template <class Half, class Both>
void take_apart(Warp& warp, const Instruction& i) {
  const Stored<Both>* const from = warp.values<Both>(i.from[0]);
  Stored<Half>*const low = warp.values<Half>(i.to[0]), *const high = warp.values<Half>(i.to[1]);
  each_lane(warp, [&](unsigned lane) {
    const Stored<Both> both = from[lane];  // either half may lie where it did
    low[lane] = static_cast<Half>(both);
    high[lane] = static_cast<Half>(both >> (8 * sizeof(Half)));
  });
}
template <class Half, class Both>
void put_together(Warp& warp, const Instruction& i) {
  Stored<Both>* const to = warp.values<Both>(i.to[0]);
  const Stored<Half>*const low = warp.values<Half>(i.from[0]), *const high = warp.values<Half>(i.from[1]);
  each_lane(warp, [&](unsigned lane) {
    to[lane] = static_cast<Both>(static_cast<Both>(static_cast<Half>(high[lane])) << (8 * sizeof(Half))) |
               static_cast<Half>(low[lane]);
  });
}

bool decode_pair(const Statement& statement, Decoding& names, Instruction& instruction) {
  const std::size_t bytes = bytes_of_type(statement.parts[1]);
  const std::string_view to = statement.operands.at(0), from = statement.operands.at(1);
  const std::vector<std::string_view> pair = listed(to.starts_with('{') ? to : from);
  if (pair.size() != 2 || bytes < 4) return false;
  if (to.starts_with('{')) {
    instruction.run = bytes == 8 ? take_apart<U, UL> : take_apart<std::uint16_t, U>;
    for (std::size_t i = 0; i < 2; ++i) instruction.to[i] = names.target(pair[i]);
    instruction.from[0] = names.value(from, bytes);
  } else {
    instruction.run = bytes == 8 ? put_together<U, UL> : put_together<std::uint16_t, U>;
    for (std::size_t i = 0; i < 2; ++i) instruction.from[i] = names.value(pair[i], bytes / 2);
    instruction.to[0] = names.target(to);
  }
  return true;
}

bool decode_mov(const Statement& statement, Decoding& names, Instruction& instruction) {
  const std::string_view type = statement.parts[1], to = statement.operands.at(0), from = statement.operands.at(1);
  if (to.starts_with('{') || from.starts_with('{')) return decode_pair(statement, names, instruction);
  instruction.to[0] = names.target(to);
  if (type == "pred") {
    instruction.run = predicate_move();
    instruction.from[0] = names.predicate(from);
    instruction.is_move = true;
    return true;
  }
  instruction.run = special_of(from);
  if (instruction.run != nullptr) return true;
  const std::size_t bytes = bytes_of_type(type);
  instruction.from[0] = names.value(from, bytes);
  instruction.run = bytes == 8 ? unary<UL, UL>([](UL a) { return a; }) : unary<U, U>([](U a) { return a; });
  instruction.is_move = true;
  return true;
}

// Between addresses of one space and generic ones. Those of global memory are both.
bool decode_cvta(const Statement& statement, Decoding& names, Instruction& instruction) {
  const auto& parts = statement.parts;
  const bool to_space = parts.size() == 4 && parts[1] == "to";
  if (!to_space && parts.size() != 3) return false;
  const std::string_view space = parts[parts.size() - 2];
  if (space == "global")
    instruction.run = unary<UL, UL>([](UL a) { return a; });
  else if (space == "shared" && to_space)
    instruction.run = unary<UL, UL>([](UL a) { return a - kSharedWindow; });
  else if (space == "shared")
    instruction.run = unary<UL, UL>([](UL a) { return a + kSharedWindow; });
  else
    return false;
  instruction.to[0] = names.target(statement.operands.at(0));
  instruction.from[0] = names.value(statement.operands.at(1), 8);
  return true;
}

// selp to, a, b, p: a where p holds.
template <class T>
void select(Warp& warp, const Instruction& i) {
  Stored<T>* const to = warp.values<T>(i.to[0]);
  const Stored<T>*const a = warp.values<T>(i.from[0]), *const b = warp.values<T>(i.from[1]);
  const std::uint32_t holds = warp.predicate(i.from[2]);
  each_lane(warp, [&](unsigned lane) { to[lane] = (holds >> lane & 1) != 0 ? a[lane] : b[lane]; });
}

}  // namespace

bool decode_moves(const Statement& statement, Decoding& names, Instruction& instruction) {
  const std::string_view op = statement.parts[0];
  if (op == "mov" && statement.parts.size() == 2) return decode_mov(statement, names, instruction);
  if (op == "cvta") return decode_cvta(statement, names, instruction);
  if (op != "selp" || statement.parts.size() != 2) return false;
  const std::size_t bytes = bytes_of_type(statement.parts[1]);
  instruction.run = bytes == 8 ? select<UL> : select<U>;
  instruction.to[0] = names.target(statement.operands.at(0));
  for (std::size_t i = 0; i < 2; ++i) instruction.from[i] = names.value(statement.operands.at(i + 1), bytes);
  instruction.from[2] = names.predicate(statement.operands.at(3));
  return true;
}

}  // namespace boxwarp::ptx
