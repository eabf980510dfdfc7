// Products of a warpgroup (wgmma), which read both operands from shared memory, and movmatrix. A warp computes its 16 rows
// of the sums when it asks for them; what it read must be the same when it waits for them, and must have been shown to the
// asynchronous proxy by those who wrote it.
#include <cstring>
#include <initializer_list>

#include "tests/ptx/access.hpp"
#include "tests/ptx/profile.hpp"

namespace boxwarp::ptx {

namespace {

constexpr unsigned kDepth = 16;  // k

// How the operands lie: what the instruction says beside its registers.
constexpr std::int64_t kTurned = 1, kLeftInRegisters = 2;

// "Matrix descriptor format" and "Canonical layouts" of the PTX ISA, without a swizzle.
class MatrixPlace {
 public:
  MatrixPlace(const Warp& warp, const Instruction& i, std::uint64_t descriptor)
      : warp_(warp),
        i_(i),
        begin_((descriptor & 0x3fff) << 4),
        next_k_((descriptor >> 16 & 0x3fff) << 4),
        next_rows_((descriptor >> 32 & 0x3fff) << 4) {
    if ((descriptor & 0xffffc000c000c000) != 0)
      warp.fail(i, 0, "an operand of wgmma with a swizzle or a base offset, which is not here");
  }

  // The numbers of a row along k.
  void copy_row(unsigned row, std::uint16_t* to) const {
    const bool turned = (i_.modes & kTurned) != 0;
    for (unsigned k = 0; k < kDepth; ++k) {
      const unsigned piece = turned ? k % 8 : row % 8, within = turned ? row % 8 : k % 8;
      const std::uint64_t address = begin_ + row / 8 * next_rows_ + k / 8 * next_k_ + piece * 16 + within * 2;
      std::memcpy(&to[k], shared_bytes(warp_, i_, 0, address, sizeof to[k]), sizeof to[k]);
      if (warp_.block->unshown[address / 16] != 0)
        warp_.fail(i_, 0, "an operand of wgmma that was written without fence.proxy.async after it");
    }
  }

 private:
  const Warp& warp_;
  const Instruction& i_;
  std::uint64_t begin_, next_k_, next_rows_;
};

std::uint64_t descriptor_of(const Warp& warp, const Instruction& i, const Operand& operand) {
  const std::uint64_t* const of = warp.values<std::uint64_t>(operand);
  for (unsigned lane = 1; lane < kLanes; ++lane)
    if (of[lane] != of[0]) warp.fail(i, lane, "another operand of wgmma than lane 0 has");
  return of[0];
}

// Of what lies in shared memory: 16 rows of the warp, then the columns; each has 16 numbers.
std::vector<std::uint16_t> operands_of(const Warp& warp, const Product& product) {
  const Instruction& i = *product.at;
  const auto columns = static_cast<unsigned>(i.number);
  std::vector<std::uint16_t> rows((16 + columns) * kDepth);
  std::uint16_t* to = rows.data();
  if ((i.modes & kLeftInRegisters) == 0) {
    const MatrixPlace left(warp, i, product.left);
    for (unsigned row = 0; row < 16; ++row) left.copy_row(warp.number % 4 * 16 + row, to + row * kDepth);
  }
  to += 16 * kDepth;
  const MatrixPlace right(warp, i, product.right);
  for (unsigned column = 0; column < columns; ++column) right.copy_row(column, to + column * kDepth);
  return rows;
}

// 16 rows of an operand in registers: fragments as those of mma.m16n8k16.
void copy_left_registers(const Warp& warp, const Instruction& i, float* to) {
  for (unsigned lane = 0; lane < kLanes; ++lane)
    for (unsigned reg = 0; reg < 4; ++reg) {
      const std::uint32_t two = warp.values<std::uint32_t>(i.from[2 + reg])[lane];
      float* const at = to + (lane / 4 + reg % 2 * 8) * kDepth + lane % 4 * 2 + reg / 2 * 8;
      at[0] = std::bit_cast<float>(two << 16);
      at[1] = std::bit_cast<float>(two & 0xffff0000);
    }
}

BOXWARP_PTX_CLONES double dot(const float* a, const float* b) {
  double sum = 0;
  for (unsigned k = 0; k < 16; ++k) sum += static_cast<double>(a[k]) * static_cast<double>(b[k]);
  return sum;
}

void multiply(Warp& warp, const Instruction& i) {
  if (Counters* const counters = warp.block->counters) counters->products += static_cast<std::uint64_t>(i.number) / 8;
  const bool left_in_registers = (i.modes & kLeftInRegisters) != 0;
  Product product{&i,
                  warp.product_group,
                  left_in_registers ? 0 : descriptor_of(warp, i, i.from[0]),
                  descriptor_of(warp, i, i.from[1]),
                  {}};
  product.operands = operands_of(warp, product);
  std::vector<float> numbers(product.operands.size());
  for (std::size_t n = 0; n < numbers.size(); ++n)
    numbers[n] = std::bit_cast<float>(std::uint32_t{product.operands[n]} << 16);
  if (left_in_registers) copy_left_registers(warp, i, numbers.data());
  warp.products.push_back(std::move(product));
  const float *const left = numbers.data(), *const right = left + 16 * kDepth;
  const Operand* const sums = warp.block->kernel->lists.data() + i.target;
  for (unsigned n = 0; n < static_cast<unsigned>(i.number) / 2; ++n) {
    std::uint32_t* const sum = warp.values<std::uint32_t>(sums[n]);
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      const unsigned row = lane / 4 + n / 2 % 2 * 8, column = n / 4 * 8 + lane % 4 * 2 + n % 2;
      sum[lane] = stored(cut_off(static_cast<double>(as<float>(sum[lane])) + dot(left + 16 * row, right + 16 * column)));
    }
  }
}

void close_group(Warp& warp, const Instruction&) { ++warp.product_group; }

void wait_for_groups(Warp& warp, const Instruction& i) {
  std::erase_if(warp.products, [&](const Product& product) {
    if (static_cast<std::int64_t>(product.group) + i.number >= warp.product_group) return false;
    if (operands_of(warp, product) != product.operands)
      warp.fail(*product.at, 0, "operands of wgmma that are written before the product has been waited for");
    return true;
  });
}

void show(Warp& warp, const Instruction&) {
  for (const std::uint32_t chunk : warp.written)
    if (warp.block->unshown[chunk] == warp.number + 1) warp.block->unshown[chunk] = 0;
  warp.written.clear();
}

// Lane quad * 4 + pair / 2 has columns pair and pair + 1 of row quad, before and after.
void transpose(Warp& warp, const Instruction& i) {
  std::uint16_t tile[8][8];
  for (unsigned lane = 0; lane < kLanes; ++lane)
    std::memcpy(&tile[lane / 4][lane % 4 * 2], &warp.values<std::uint32_t>(i.from[0])[lane], sizeof(std::uint32_t));
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    const unsigned row = lane / 4, pair = lane % 4 * 2;
    warp.values<std::uint32_t>(i.to[0])[lane] = tile[pair][row] | std::uint32_t{tile[pair + 1][row]} << 16;
  }
}

bool decode_multiply(const Statement& statement, Decoding& names, Instruction& instruction) {
  const std::string_view shape = statement.parts[4];
  if (!shape.starts_with("m64n") || !shape.ends_with("k16")) return false;
  instruction.number = read_number(shape.substr(4, shape.size() - 7));
  const auto& operands = statement.operands;
  const std::vector<std::string_view> sums = listed(operands.at(0));
  if (sums.size() * 2 != static_cast<std::size_t>(instruction.number)) return false;
  instruction.target = names.add_list(sums);
  instruction.from[1] = names.value(operands.at(2), sizeof(std::uint64_t));
  const std::vector<std::string_view> left = listed(operands.at(1));
  const bool in_registers = left.size() == 4;
  if (in_registers) {
    instruction.modes = kLeftInRegisters;
    for (std::size_t n = 0; n < 4; ++n) instruction.from[2 + n] = names.value(left[n], sizeof(std::uint32_t));
  } else {
    instruction.from[0] = names.value(operands[1], sizeof(std::uint64_t));
  }
  // Whether sums are added to is a predicate, which is true here. Nothing is negated, and both operands lie the same way.
  const std::vector<std::string_view> modes(operands.begin() + 4, operands.end());
  if (modes.size() != (in_registers ? 3u : 4u) || modes[0] != "1" || modes[1] != "1" || modes[2] != modes.back())
    return false;
  if (modes[2] == "1") instruction.modes |= kTurned;
  if (in_registers && modes[2] != "0") return false;
  names.has_products();
  instruction.run = multiply;
  return true;
}

}  // namespace

bool decode_warpgroups(const Statement& statement, Decoding& names, Instruction& instruction) {
  const auto& parts = statement.parts;
  const auto is = [&](std::initializer_list<std::string_view> words) {
    return std::equal(parts.begin(), parts.end(), words.begin(), words.end());
  };
  if (is({"fence", "proxy", "async", "shared::cta"})) {
    instruction.run = show;
    return true;
  }
  instruction.kind = Kind::together;
  instruction.members = names.constant(kAllLanes, sizeof kAllLanes);
  if (is({"movmatrix", "sync", "aligned", "m8n8", "trans", "b16"})) {
    instruction.to[0] = names.target(statement.operands.at(0));
    instruction.from[0] = names.value(statement.operands.at(1), sizeof(std::uint32_t));
    instruction.run = transpose;
    return true;
  }
  if (is({"wgmma", "fence", "sync", "aligned"})) {
    instruction.run = [](Warp&, const Instruction&) {};  // sums are in order here
    return true;
  }
  if (is({"wgmma", "commit_group", "sync", "aligned"})) {
    instruction.run = close_group;
    return true;
  }
  if (is({"wgmma", "wait_group", "sync", "aligned"})) {
    instruction.number = read_number(statement.operands.at(0));
    instruction.run = wait_for_groups;
    return true;
  }
  if (parts.size() == 8 && parts[0] == "wgmma" && parts[1] == "mma_async" && parts[5] == "f32" && parts[6] == "bf16" &&
      parts[7] == "bf16" && decode_multiply(statement, names, instruction))
    return true;
  instruction.kind = Kind::plain;
  return false;
}

}  // namespace boxwarp::ptx
