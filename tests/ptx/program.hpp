// A kernel as the machine runs it: instructions whose registers are places in the file of a warp.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "tests/ptx/machine.hpp"
#include "tests/ptx/text.hpp"

namespace boxwarp::ptx {

// Functions that most of the time goes into, for processors with and without wide vectors and fused multiplication.
#define BOXWARP_PTX_CLONES __attribute__((target_clones("fma", "default")))

inline constexpr unsigned kLanes = 32;
inline constexpr std::uint32_t kAllLanes = 0xffffffffu;

// Generic addresses of shared memory begin here; no address of global memory is as high.
inline constexpr std::uint64_t kSharedWindow = std::uint64_t{1} << 60;

struct Warp;
struct Instruction;

// Runs one instruction for the lanes of warp.mask.
using Run = void (*)(Warp& warp, const Instruction& instruction);

// A register (32 values of 4 or 8 bytes, or the 32 bits of a predicate) or a constant (laid out as one).
struct Operand {
  std::uint32_t at = 0;  // bytes from the beginning of the file
  bool constant = false;
};

enum class Kind : std::uint8_t {
  plain,     // each lane for itself
  branch,    // to target
  exit,      // the lanes of the mask end
  together,  // the lanes that `members` names meet here
  barrier,   // all threads of the block meet here
};

// Instruction::number of a barrier: what of the threads' predicates each thread gets.
// Of a block: bar.sync and bar.red, to which all warps come at one place, and barrier.sync, to which each comes where it is.
inline constexpr std::int64_t kBarrierSync = 0, kBarrierAnd = 1, kBarrierOr = 2, kBarrierAnywhere = 3;

struct Instruction {
  Run run = nullptr;
  Kind kind = Kind::plain;
  bool guarded = false, guard_negated = false;
  bool is_move = false;  // from register to register, of which machine code has next to none: not counted by a profile
  Operand guard;
  Operand to[4], from[10];       // what it writes and reads
  Operand members;               // of kind together: the register or constant with the mask of lanes
  std::int64_t number = 0;       // what an opcode keeps: an offset, a mode
  std::int64_t modes = 0;        // and how the operands of wgmma lie
  std::uint32_t target = 0;      // of a branch; of one with a list, where in Kernel::lists it begins
  std::uint32_t block_seen = 0;  // of an access to memory: its place among the blocks that the launch has looked up
  SourceLine at;
};

struct Kernel {
  bool has_products = false;  // of warpgroups: it is kept which bytes of shared memory have been shown to them
  std::string name;
  std::vector<Parameter> parameters;
  unsigned most_threads = 1024;
  std::vector<Instruction> instructions;
  std::vector<std::byte> constants;  // laid out as registers
  std::size_t register_bytes = 0;
  std::size_t shared_bytes = 0;  // static ones; dynamic ones lie behind
  std::uint32_t accesses = 0;    // instructions that touch memory
  std::vector<Operand> lists;    // of instructions with more operands than they have room for
  std::vector<std::string> files;
};

// Throws BadText.
Kernel decode(const EntryText& entry, const ModuleText& module, const std::vector<std::uint64_t>& variable_addresses);

// ---- what instructions work on

template <class T>
using Stored = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;

template <class T>
T as(Stored<T> stored) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::bit_cast<T>(stored);
  } else {
    return static_cast<T>(stored);
  }
}

template <class T>
Stored<T> stored(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::bit_cast<Stored<T>>(value);
  } else {
    return static_cast<Stored<T>>(value);
  }
}

struct Copy {  // under way, to shared memory
  std::uint32_t to, group;
  std::uint64_t from;
  bool present;
};

struct Product {  // of a warpgroup, not yet waited for
  const Instruction* at;
  std::uint32_t group;
  std::uint64_t left, right;            // descriptors
  std::vector<std::uint16_t> operands;  // as they were
};

struct Block;
struct Counters;  // profile.hpp

struct Warp {
  Block* block = nullptr;
  std::uint32_t mask = 0;    // lanes for which the current instruction runs
  unsigned number = 0;       // in its block
  std::byte* files[2] = {};  // registers; constants
  std::vector<std::byte> registers;
  std::vector<Copy> copies[kLanes];
  std::uint32_t copy_group[kLanes] = {};
  std::vector<Product> products;
  std::uint32_t product_group = 0;
  std::vector<std::uint32_t> written;  // pieces of 16 bytes of shared memory, since the last fence.proxy.async

  // Anything else than shared memory is passed over.
  void wrote_shared(const std::byte* at);

  template <class T>
  Stored<T>* values(const Operand& operand) const {
    return reinterpret_cast<Stored<T>*>(files[operand.constant] + operand.at);
  }
  std::uint32_t& predicate(const Operand& operand) const {
    return *reinterpret_cast<std::uint32_t*>(files[operand.constant] + operand.at);
  }
  void set_predicate(const Operand& operand, std::uint32_t bits) const {
    std::uint32_t& old = predicate(operand);
    old = (old & ~mask) | (bits & mask);
  }
  // Throws Failure with the kernel, the line and the thread.
  [[noreturn]] void fail(const Instruction& instruction, unsigned lane, const std::string& what) const;
};

// All of what the threads of a block share.
struct Block {
  const Kernel* kernel = nullptr;
  const Launch* launch = nullptr;
  const Memory* memory = nullptr;
  unsigned number = 0;
  std::vector<std::byte> shared;
  std::vector<std::uint16_t> unshown;      // by 16 bytes of it: 1 + the warp that wrote them and has not shown them to wgmma
  std::vector<Memory::Block> blocks_seen;  // by Instruction::block_seen
  std::uint64_t* ticks = nullptr;
  Counters* counters = nullptr;  // null: nobody counts
};

inline void Warp::wrote_shared(const std::byte* at) {
  if (!block->kernel->has_products) return;
  const std::size_t offset = static_cast<std::size_t>(at - block->shared.data());
  if (offset >= block->shared.size()) return;
  block->unshown[offset / 16] = static_cast<std::uint16_t>(number + 1);
  written.push_back(static_cast<std::uint32_t>(offset / 16));
}

template <class F>
void each_lane(const Warp& warp, F f) {
  if (warp.mask == kAllLanes) {
    for (unsigned lane = 0; lane < kLanes; ++lane) f(lane);
  } else {
    for (std::uint32_t left = warp.mask; left != 0; left &= left - 1) f(static_cast<unsigned>(std::countr_zero(left)));
  }
}

inline unsigned first_lane(const Warp& warp) { return static_cast<unsigned>(std::countr_zero(warp.mask)); }

// ---- runners of a common form: F is a stateless function

// In: what the register holds, of which A may be the lower half.
template <class R, class A, class In = Stored<A>, class F>
Run unary(F) {
  return [](Warp& warp, const Instruction& i) {
    Stored<R>* const to = warp.values<R>(i.to[0]);
    const In* const a = warp.values<In>(i.from[0]);
    each_lane(warp, [&](unsigned lane) { to[lane] = stored<R>(F{}(as<A>(static_cast<Stored<A>>(a[lane])))); });
  };
}

template <class R, class A, class B, class F>
Run binary(F) {
  return [](Warp& warp, const Instruction& i) {
    Stored<R>* const to = warp.values<R>(i.to[0]);
    const Stored<A>* const a = warp.values<A>(i.from[0]);
    const Stored<B>* const b = warp.values<B>(i.from[1]);
    each_lane(warp, [&](unsigned lane) { to[lane] = stored<R>(F{}(as<A>(a[lane]), as<B>(b[lane]))); });
  };
}

template <class R, class A, class B, class C, class F>
Run ternary(F) {
  return [](Warp& warp, const Instruction& i) {
    Stored<R>* const to = warp.values<R>(i.to[0]);
    const Stored<A>* const a = warp.values<A>(i.from[0]);
    const Stored<B>* const b = warp.values<B>(i.from[1]);
    const Stored<C>* const c = warp.values<C>(i.from[2]);
    each_lane(warp, [&](unsigned lane) { to[lane] = stored<R>(F{}(as<A>(a[lane]), as<B>(b[lane]), as<C>(c[lane]))); });
  };
}

}  // namespace boxwarp::ptx
