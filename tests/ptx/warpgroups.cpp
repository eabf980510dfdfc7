// Products of a warpgroup (wgmma), which read both operands from shared memory, and movmatrix. A warp computes its 16 rows of
// the sums when it asks for them; what it read must be the same when it waits for them, and must have been shown to the
// asynchronous proxy by those who wrote it.
#include <cstring>
#include <initializer_list>

#include "tests/ptx/access.hpp"
#include "tests/ptx/profile.hpp"

namespace boxwarp::ptx {

namespace {

constexpr std::size_t kRowBytes = 16;  // eight numbers along k

// "Matrix descriptor format" of the PTX ISA; both operands have k along their rows of 16 bytes.
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

  // Numbers `eight` * 8 and so on of a row, copied to `to`.
  void copy_row(unsigned row, unsigned eight, std::byte* to) const {
    const std::uint64_t address = begin_ + row / 8 * next_rows_ + row % 8 * kRowBytes + eight * next_k_;
    std::memcpy(to, shared_bytes(warp_, i_, 0, address, kRowBytes), kRowBytes);
    if (warp_.block->unshown[address / kRowBytes] != 0)
      warp_.fail(i_, 0, "an operand of wgmma that was written without fence.proxy.async after it");
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

// 16 rows of the warp, then the columns; each has 16 numbers.
std::vector<std::byte> operands_of(const Warp& warp, const Product& product) {
  const Instruction& i = *product.at;
  const MatrixPlace left(warp, i, product.left), right(warp, i, product.right);
  const auto columns = static_cast<unsigned>(i.number);
  std::vector<std::byte> rows((16 + columns) * 2 * kRowBytes);
  std::byte* to = rows.data();
  for (unsigned row = 0; row < 16; ++row)
    for (unsigned eight = 0; eight < 2; ++eight, to += kRowBytes) left.copy_row(warp.number % 4 * 16 + row, eight, to);
  for (unsigned column = 0; column < columns; ++column)
    for (unsigned eight = 0; eight < 2; ++eight, to += kRowBytes) right.copy_row(column, eight, to);
  return rows;
}

float number_at(const std::byte* bytes) {
  std::uint16_t bits;
  std::memcpy(&bits, bytes, sizeof bits);
  return std::bit_cast<float>(std::uint32_t{bits} << 16);
}

BOXWARP_PTX_CLONES double dot(const float* a, const float* b) {
  double sum = 0;
  for (unsigned k = 0; k < 16; ++k) sum += static_cast<double>(a[k]) * static_cast<double>(b[k]);
  return sum;
}

void multiply(Warp& warp, const Instruction& i) {
  if (Counters* const counters = warp.block->counters) ++counters->products;
  Product product{&i, warp.product_group, descriptor_of(warp, i, i.from[0]), descriptor_of(warp, i, i.from[1]), {}};
  product.operands = operands_of(warp, product);
  warp.products.push_back(std::move(product));
  const std::vector<std::byte>& rows = warp.products.back().operands;
  std::vector<float> numbers(rows.size() / 2);
  for (std::size_t n = 0; n < numbers.size(); ++n) numbers[n] = number_at(&rows[2 * n]);
  const float *const left = numbers.data(), *const right = left + 16 * 16;
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
  // Both as they are; neither transposed. Whether sums are added to is a predicate, which is true here.
  if (operands.size() != 8 || operands[4] != "1" || operands[5] != "1" || operands[6] != "0" || operands[7] != "0")
    return false;
  instruction.target = names.add_list(sums);
  names.has_products();
  instruction.from[0] = names.value(operands[1], sizeof(std::uint64_t));
  instruction.from[1] = names.value(operands[2], sizeof(std::uint64_t));
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
