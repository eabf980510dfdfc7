// Loads, stores and atomics.
#include "tests/ptx/access.hpp"

#include <algorithm>
#include <cstring>

#include "tests/ptx/profile.hpp"

namespace boxwarp::ptx {

namespace {

// Base of the address, of 4 or 8 bytes: shared memory is named by both.
template <class Base>
std::uint64_t address_of(const Warp& warp, const Instruction& i, const Operand& base, unsigned lane) {
  return static_cast<std::uint64_t>(warp.values<Base>(base)[lane]) + static_cast<std::uint64_t>(i.number);
}

// A value of memory, widened to a register by its sign.
template <class T, class Register>
Register widened(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return static_cast<Register>(value);
}

// What lies where is known by space or, for generic addresses, by where the first of them is.
template <Space kSpace, class Base>
void count(const Warp& warp, const Instruction& i, const Operand& base, std::size_t bytes) {
  Counters* const counters = warp.block->counters;
  if (counters == nullptr || kSpace == Space::param) return;
  std::uint64_t addresses[kLanes] = {};
  each_lane(warp, [&](unsigned lane) { addresses[lane] = address_of<Base>(warp, i, base, lane); });
  const bool shared = kSpace == Space::shared || (kSpace == Space::generic && addresses[first_lane(warp)] >= kSharedWindow);
  (shared ? count_shared : count_global)(*counters, addresses, warp.mask, bytes);
}

template <Space kSpace, class Base, class T, class Register, int kCount>
void load(Warp& warp, const Instruction& i) {
  count<kSpace, Base>(warp, i, i.from[0], kCount * sizeof(T));
  each_lane(warp, [&](unsigned lane) {
    const std::uint64_t address = address_of<Base>(warp, i, i.from[0], lane);
    const std::byte* at;
    if constexpr (kSpace == Space::param)
      at = warp.block->launch->values.data() + address;
    else
      at = bytes_at<kSpace>(warp, i, lane, address, kCount * sizeof(T));
    for (int n = 0; n < kCount; ++n)
      warp.values<Register>(i.to[n])[lane] = widened<T, Register>(at + static_cast<std::size_t>(n) * sizeof(T));
  });
}

template <Space kSpace, class Base, class T, class Register, int kCount>
void store(Warp& warp, const Instruction& i) {
  count<kSpace, Base>(warp, i, i.to[0], kCount * sizeof(T));
  each_lane(warp, [&](unsigned lane) {
    std::byte* const at = bytes_at<kSpace>(warp, i, lane, address_of<Base>(warp, i, i.to[0], lane), kCount * sizeof(T));
    for (int n = 0; n < kCount; ++n) {
      const T value = static_cast<T>(warp.values<Register>(i.from[n])[lane]);
      std::memcpy(at + static_cast<std::size_t>(n) * sizeof(T), &value, sizeof value);
    }
    if constexpr (kSpace == Space::shared || kSpace == Space::generic) warp.wrote_shared(at);
  });
}

// Lane after lane, which is one of the orders that a GPU may take.
template <Space kSpace, class Base, class T, class F>
void atomic(Warp& warp, const Instruction& i) {
  count<kSpace, Base>(warp, i, i.from[0], sizeof(T));
  each_lane(warp, [&](unsigned lane) {
    std::byte* const at = bytes_at<kSpace>(warp, i, lane, address_of<Base>(warp, i, i.from[0], lane), sizeof(T));
    T old;
    std::memcpy(&old, at, sizeof old);
    const T value = F{}(old, static_cast<T>(warp.values<T>(i.from[1])[lane]));
    std::memcpy(at, &value, sizeof value);
    warp.values<T>(i.to[0])[lane] = stored<T>(old);
  });
}

template <bool kLoads, Space kSpace, class Base, class T, class Register>
Run of_count(std::size_t count) {
  if constexpr (kLoads) {
    if (count == 1) return load<kSpace, Base, T, Register, 1>;
    if (count == 2) return load<kSpace, Base, T, Register, 2>;
    if (count == 4) return load<kSpace, Base, T, Register, 4>;
  } else {
    if (count == 1) return store<kSpace, Base, T, Register, 1>;
    if (count == 2) return store<kSpace, Base, T, Register, 2>;
    if (count == 4) return store<kSpace, Base, T, Register, 4>;
  }
  return nullptr;
}

template <bool kLoads, Space kSpace, class Base, class Register>
Run of_short_type(std::string_view type, std::size_t bytes, std::size_t count) {
  if (type == "s8") return of_count<kLoads, kSpace, Base, std::int8_t, Register>(count);
  if (type == "s16") return of_count<kLoads, kSpace, Base, std::int16_t, Register>(count);
  if (type == "s32") return of_count<kLoads, kSpace, Base, std::int32_t, Register>(count);
  if (bytes == 1) return of_count<kLoads, kSpace, Base, std::uint8_t, Register>(count);
  if (bytes == 2) return of_count<kLoads, kSpace, Base, std::uint16_t, Register>(count);
  return of_count<kLoads, kSpace, Base, std::uint32_t, Register>(count);
}

template <bool kLoads, Space kSpace, class Base>
Run of_type(std::string_view type, std::size_t register_bytes, std::size_t count) {
  using U = std::uint32_t;
  using UL = std::uint64_t;
  const std::size_t bytes = bytes_of_type(type);
  if (bytes == 8) return of_count<kLoads, kSpace, Base, UL, UL>(count);
  if (register_bytes == 8) return of_short_type<kLoads, kSpace, Base, UL>(type, bytes, count);
  return of_short_type<kLoads, kSpace, Base, U>(type, bytes, count);
}

template <bool kLoads>
Run of_space(Space space, std::size_t base_bytes, std::string_view type, std::size_t register_bytes, std::size_t count) {
  using UL = std::uint64_t;
  switch (space) {
    case Space::param:
      if constexpr (kLoads)
        return of_type<kLoads, Space::param, UL>(type, register_bytes, count);
      else
        return nullptr;
    case Space::shared:
      if (base_bytes == 4) return of_type<kLoads, Space::shared, std::uint32_t>(type, register_bytes, count);
      return of_type<kLoads, Space::shared, UL>(type, register_bytes, count);
    case Space::global: return of_type<kLoads, Space::global, UL>(type, register_bytes, count);
    case Space::generic: return of_type<kLoads, Space::generic, UL>(type, register_bytes, count);
  }
  return nullptr;
}

template <Space kSpace, class Base, class T>
Run atomic_of(std::string_view what) {
  if (what == "add") return atomic<kSpace, Base, T, decltype([](T a, T b) { return static_cast<T>(a + b); })>;
  if (what == "min") return atomic<kSpace, Base, T, decltype([](T a, T b) { return std::min(a, b); })>;
  if (what == "or") return atomic<kSpace, Base, T, decltype([](T a, T b) { return static_cast<T>(a | b); })>;
  return nullptr;
}

template <class T>
Run atomic_in(Space space, std::size_t base_bytes, std::string_view what) {
  if (space == Space::global) return atomic_of<Space::global, std::uint64_t, T>(what);
  if (space == Space::generic) return atomic_of<Space::generic, std::uint64_t, T>(what);
  if (space == Space::shared && base_bytes == 4) return atomic_of<Space::shared, std::uint32_t, T>(what);
  if (space == Space::shared) return atomic_of<Space::shared, std::uint64_t, T>(what);
  return nullptr;
}

bool decode_atomic(const Statement& statement, Decoding& names, Instruction& instruction) {
  const std::string_view type = statement.parts.back(), what = statement.parts[statement.parts.size() - 2];
  const Decoding::Address address = names.address(statement.operands.at(1));
  const Space space = space_of(statement.parts);
  if (type == "u32" || type == "b32") instruction.run = atomic_in<std::uint32_t>(space, address.base_bytes, what);
  if (type == "u64" || type == "b64") instruction.run = atomic_in<std::uint64_t>(space, address.base_bytes, what);
  if (instruction.run == nullptr) return false;
  instruction.to[0] = names.target(statement.operands[0]);
  instruction.from[0] = address.base;
  instruction.from[1] = names.value(statement.operands.at(2), bytes_of_type(type));
  instruction.number = address.offset;
  return true;
}

bool understood(const std::vector<std::string_view>& parts) {
  for (std::size_t i = 1; i + 1 < parts.size(); ++i)
    if (const std::string_view part = parts[i]; part != "param" && part != "shared" && part != "global" && part != "const" &&
                                                part != "nc" && part != "v2" && part != "v4")
      return false;
  return true;
}

}  // namespace

Space space_of(const std::vector<std::string_view>& parts) {
  for (const std::string_view part : parts) {
    if (part == "param") return Space::param;
    if (part == "shared") return Space::shared;
    if (part == "global" || part == "const") return Space::global;
  }
  return Space::generic;
}

std::byte* shared_bytes(const Warp& warp, const Instruction& i, unsigned lane, std::uint64_t address, std::size_t bytes) {
  std::vector<std::byte>& shared = warp.block->shared;
  if (address > shared.size() || shared.size() - address < bytes)
    warp.fail(i, lane,
              "illegal address: " + std::to_string(bytes) + " bytes at " + std::to_string(address) + " of " +
                  std::to_string(shared.size()) + " bytes of shared memory");
  if (address % bytes != 0)
    warp.fail(i, lane,
              "misaligned address: " + std::to_string(bytes) + " bytes at " + std::to_string(address) + " of shared memory");
  return shared.data() + address;
}

std::byte* looked_up_bytes(const Warp& warp, const Instruction& i, unsigned lane, std::uint64_t address, std::size_t bytes) {
  Memory::Block& seen = warp.block->blocks_seen[i.block_seen];
  seen = warp.block->memory->block_around(address);
  if (seen.end == 0) warp.fail(i, lane, "illegal address: " + std::to_string(address) + " is in no block of memory");
  if (seen.end - address < bytes)
    warp.fail(i, lane,
              "illegal address: " + std::to_string(bytes) + " bytes at " + std::to_string(address - seen.begin) +
                  " of a block of " + std::to_string(seen.end - seen.begin));
  if (address % bytes != 0)
    warp.fail(i, lane, "misaligned address: " + std::to_string(bytes) + " bytes at " + std::to_string(address));
  return warp.block->memory->bytes_of(address);
}

bool decode_memory(const Statement& statement, Decoding& names, Instruction& instruction) {
  const auto& parts = statement.parts;
  const auto& operands = statement.operands;
  const std::string_view op = parts[0], type = parts.back();
  if (op != "ld" && op != "st" && op != "atom") return false;
  instruction.block_seen = names.new_access();
  if (op == "atom") return decode_atomic(statement, names, instruction);
  if (!understood(parts)) return false;
  const bool loads = op == "ld";
  const Decoding::Address address = names.address(operands.at(loads ? 1 : 0));
  const std::vector<std::string_view> list = listed(operands.at(loads ? 0 : 1));
  const std::size_t register_bytes =
      list[0].starts_with('%') ? names.reg(list[0]).bytes : std::max<std::size_t>(4, bytes_of_type(type));
  const Space space = space_of(parts);
  instruction.run = loads ? of_space<true>(space, address.base_bytes, type, register_bytes, list.size())
                          : of_space<false>(space, address.base_bytes, type, register_bytes, list.size());
  if (instruction.run == nullptr) return false;
  (loads ? instruction.from : instruction.to)[0] = address.base;
  instruction.number = address.offset;
  for (std::size_t n = 0; n < list.size(); ++n) {
    if (loads)
      instruction.to[n] = names.target(list[n]);
    else
      instruction.from[n] = names.value(list[n], register_bytes);
  }
  return true;
}

}  // namespace boxwarp::ptx
