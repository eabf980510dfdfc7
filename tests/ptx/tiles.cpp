// Tensor-core tiles and asynchronous copies.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <initializer_list>

#include "tests/ptx/access.hpp"
#include "tests/ptx/profile.hpp"

namespace boxwarp::ptx {

namespace {

float lower(std::uint32_t two) { return std::bit_cast<float>(two << 16); }
float upper(std::uint32_t two) { return std::bit_cast<float>(two & 0xffff0000); }

BOXWARP_PTX_CLONES void add_products(const double (&a)[16][16], const double (&b)[16][8], double (&sum)[16][8]) {
  for (unsigned row = 0; row < 16; ++row)
    for (unsigned k = 0; k < 16; ++k)
      for (unsigned column = 0; column < 8; ++column) sum[row][column] += a[row][k] * b[k][column];
}

// mma.m16n8k16, row by column, bf16 times bf16 added to float: fragments by the PTX ISA, "Matrix fragments for
// mma.m16n8k16".
void multiply(Warp& warp, const Instruction& i) {
  if (warp.block->counters != nullptr) ++warp.block->counters->products;
  double a[16][16], b[16][8];
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    const unsigned quad = lane / 4, pair = lane % 4 * 2;
    for (unsigned n = 0; n < 4; ++n) {
      const std::uint32_t two = warp.values<std::uint32_t>(i.from[n])[lane];
      a[quad + n % 2 * 8][pair + n / 2 * 8] = lower(two);
      a[quad + n % 2 * 8][pair + n / 2 * 8 + 1] = upper(two);
    }
    for (unsigned n = 0; n < 2; ++n) {
      const std::uint32_t two = warp.values<std::uint32_t>(i.from[4 + n])[lane];
      b[pair + n * 8][quad] = lower(two);
      b[pair + n * 8 + 1][quad] = upper(two);
    }
  }
  double sum[16][8] = {};
  add_products(a, b, sum);
  for (unsigned lane = 0; lane < kLanes; ++lane)
    for (unsigned n = 0; n < 4; ++n) {
      const unsigned row = lane / 4 + n / 2 * 8, column = lane % 4 * 2 + n % 2;
      const auto before = static_cast<double>(as<float>(warp.values<float>(i.from[6 + n])[lane]));
      warp.values<float>(i.to[n])[lane] = stored(cut_off(sum[row][column] + before));
    }
}

// ldmatrix .x4: lane 8 * n + row brings the address of a row of tile n.
template <bool kTransposed>
void load_tiles(Warp& warp, const Instruction& i) {
  if (Counters* const counters = warp.block->counters) {
    std::uint64_t addresses[kLanes];
    each_lane(warp, [&](unsigned lane) {
      addresses[lane] = warp.values<std::uint32_t>(i.from[0])[lane] + static_cast<std::uint64_t>(i.number);
    });
    count_shared(*counters, addresses, warp.mask, 16);
  }
  std::uint16_t tiles[4][8][8];
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    const std::uint64_t address = warp.values<std::uint32_t>(i.from[0])[lane] + static_cast<std::uint64_t>(i.number);
    std::memcpy(tiles[lane / 8][lane % 8], shared_bytes(warp, i, lane, address, 16), 16);
  }
  for (unsigned lane = 0; lane < kLanes; ++lane)
    for (unsigned n = 0; n < 4; ++n) {
      const unsigned quad = lane / 4, pair = lane % 4 * 2;
      const std::uint32_t first = kTransposed ? tiles[n][pair][quad] : tiles[n][quad][pair];
      const std::uint32_t second = kTransposed ? tiles[n][pair + 1][quad] : tiles[n][quad][pair + 1];
      warp.values<std::uint32_t>(i.to[n])[lane] = second << 16 | first;
    }
}

// What is read when a copy is waited for, and what lies there before, is as late and as wrong as a GPU may have it.
void start_copy(Warp& warp, const Instruction& i) {
  if (Counters* const counters = warp.block->counters) {
    std::uint64_t to[kLanes], from[kLanes];
    std::uint32_t present = 0;
    each_lane(warp, [&](unsigned lane) {
      to[lane] = warp.values<std::uint32_t>(i.to[0])[lane];
      from[lane] = warp.values<std::uint64_t>(i.from[0])[lane];
      present |= std::uint32_t{warp.values<std::uint32_t>(i.from[1])[lane] != 0} << lane;
    });
    count_shared(*counters, to, warp.mask, 16);
    count_global(*counters, from, present, 16);
  }
  each_lane(warp, [&](unsigned lane) {
    const std::uint32_t to = warp.values<std::uint32_t>(i.to[0])[lane];
    const std::uint64_t from = warp.values<std::uint64_t>(i.from[0])[lane];
    const std::uint32_t bytes = warp.values<std::uint32_t>(i.from[1])[lane];
    if (bytes != 0 && bytes != 16) warp.fail(i, lane, "a copy of " + std::to_string(bytes) + " bytes");
    std::memset(shared_bytes(warp, i, lane, to, 16), Memory::kPoison, 16);
    if (bytes != 0) global_bytes(warp, i, lane, from, 16);
    warp.copies[lane].push_back({to, warp.copy_group[lane], from, bytes != 0});
  });
}

void close_group(Warp& warp, const Instruction&) {
  each_lane(warp, [&](unsigned lane) { ++warp.copy_group[lane]; });
}

void deliver(Warp& warp, const Instruction& i) {
  each_lane(warp, [&](unsigned lane) {
    std::erase_if(warp.copies[lane], [&](const Copy& copy) {
      if (static_cast<std::int64_t>(copy.group) + i.number >= warp.copy_group[lane]) return false;
      std::byte* const to = shared_bytes(warp, i, lane, copy.to, 16);
      if (copy.present)
        std::memcpy(to, global_bytes(warp, i, lane, copy.from, 16), 16);
      else
        std::memset(to, 0, 16);
      warp.wrote_shared(to);
      return true;
    });
  });
}

// Does the opcode consist of these words?
bool is(const std::vector<std::string_view>& parts, std::initializer_list<std::string_view> words) {
  return std::equal(parts.begin(), parts.end(), words.begin(), words.end());
}

void to_all_lanes(Decoding& names, Instruction& instruction) {
  instruction.kind = Kind::together;
  instruction.members = names.constant(kAllLanes, sizeof kAllLanes);
}

}  // namespace

bool decode_tiles(const Statement& statement, Decoding& names, Instruction& instruction) {
  const auto& parts = statement.parts;
  const auto& operands = statement.operands;
  if (is(parts, {"mma", "sync", "aligned", "m16n8k16", "row", "col", "f32", "bf16", "bf16", "f32"})) {
    instruction.run = multiply;
    std::size_t place = 0;
    for (const std::size_t operand : {1, 2, 3})
      for (const std::string_view name : listed(operands.at(operand))) instruction.from[place++] = names.reg(name).place;
    if (place != std::size(instruction.from)) return false;
  } else if (is(parts, {"ldmatrix", "sync", "aligned", "m8n8", "x4", "shared", "b16"}) ||
             is(parts, {"ldmatrix", "sync", "aligned", "m8n8", "x4", "trans", "shared", "b16"})) {
    instruction.run = parts[5] == "trans" ? load_tiles<true> : load_tiles<false>;
    const Decoding::Address address = names.address(operands.at(1));
    if (address.base_bytes != sizeof(std::uint32_t)) return false;
    instruction.from[0] = address.base;
    instruction.number = address.offset;
  } else {
    return false;
  }
  const std::vector<std::string_view> to = listed(operands.at(0));
  if (to.size() != std::size(instruction.to)) return false;
  for (std::size_t n = 0; n < to.size(); ++n) instruction.to[n] = names.target(to[n]);
  to_all_lanes(names, instruction);
  return true;
}

bool decode_copies(const Statement& statement, Decoding& names, Instruction& instruction) {
  const auto& parts = statement.parts;
  const auto& operands = statement.operands;
  if (is(parts, {"cp", "async", "cg", "shared", "global"}) && operands.at(2) == "16") {
    const Decoding::Address to = names.address(operands[0]), from = names.address(operands[1]);
    if (to.base_bytes != sizeof(std::uint32_t) || to.offset != 0 || from.offset != 0) return false;
    instruction.run = start_copy;
    instruction.block_seen = names.new_access();
    instruction.to[0] = to.base;
    instruction.from[0] = from.base;
    instruction.from[1] = names.value(operands.at(3), sizeof(std::uint32_t));
  } else if (is(parts, {"cp", "async", "commit_group"})) {
    instruction.run = close_group;
  } else if (is(parts, {"cp", "async", "wait_group"})) {
    instruction.run = deliver;
    instruction.block_seen = names.new_access();
    instruction.number = read_number(operands.at(0));
  } else {
    return false;
  }
  return true;
}

}  // namespace boxwarp::ptx
