// Products of a warpgroup (kernels/warpgroup.cuh): each thread computes the sums that it holds, when they are waited for.
#include <algorithm>
#include <cstring>

#include "emulator/collective_words.hpp"
#include "emulator/machine_state.hpp"

namespace boxwarp::emulator {
namespace {

// Nothing that calls it may own anything: it never comes back.
[[noreturn]] void refuse(const char* what, Site site) {
  blame({what, {}, {site.text()}, {}});
  give_up();
}

// An operand as its descriptor says (PTX ISA, "Matrix descriptor format"; "Canonical layouts").
class OperandPlace {
 public:
  OperandPlace(const LateProduct& product, std::uint64_t descriptor)
      : product_(product),
        begin_((descriptor & 0x3fff) << 4),
        next_k_((descriptor >> 16 & 0x3fff) << 4),
        next_rows_((descriptor >> 32 & 0x3fff) << 4) {
    if ((descriptor & 0xffffc000c000c000) != 0) refuse("an operand of wgmma with a swizzle or a base offset", product.site);
  }

  // Numbers 8 * eight to 8 * eight + 7 of a row along k.
  OperandRow row(unsigned row, unsigned eight) const {
    OperandRow numbers;
    const std::size_t piece = begin_ + row / 8 * next_rows_ + eight * next_k_;
    if (!product_.of.turned) {
      read(piece + row % 8 * 16, numbers.data(), sizeof numbers);
    } else {
      for (unsigned k = 0; k < 8; k++) read(piece + k * 16 + row % 8 * 2, &numbers[k], sizeof numbers[k]);
    }
    return numbers;
  }

 private:
  void read(std::size_t offset, std::uint16_t* to, std::size_t bytes) const {
    if (machine->shared == nullptr || offset + bytes > machine->shared->size())
      refuse("an operand of wgmma outside of shared memory", product_.site);
    const std::byte* const at = machine->shared->begin() + offset;
    if (watcher() != nullptr) watcher()->read(at, bytes, product_.counter);
    std::memcpy(to, at, bytes);
  }

  const LateProduct& product_;
  std::size_t begin_, next_k_, next_rows_;  // bytes
};

// What the thread's sums are made of: rows quad and quad + 8 of its warp's 16 of the left operand, unless that is in
// registers, each k 0 to 7 and 8 to 15; then columns 8 j + pair and 8 j + pair + 1 of the right one, likewise.
ProductRows rows_of(const LateProduct& product) {
  const unsigned thread = machine->current->index, lane = thread % kLanes, warp = thread / kLanes % 4;
  ProductRows rows = product.rows;
  auto* to = rows.data();
  if (product.of.registers == nullptr) {
    const OperandPlace left(product, product.of.a);
    for (unsigned i = 0; i < 4; i++) to[i] = left.row(16 * warp + lane / 4 + i / 2 * 8, i % 2);
  }
  to += 4;
  const OperandPlace right(product, product.of.b);
  for (unsigned column = lane % 4 * 2; column < static_cast<unsigned>(product.of.columns); column += 8)
    for (unsigned i = 0; i < 4; i++) *to++ = right.row(column + i / 2, i % 2);
  return rows;
}

// left, right: a row of each operand in two parts.
float added(float sum, const OperandRow* left, const OperandRow* right) {
  for (unsigned k = 0; k < 16; k++) sum += half_of(left[k / 8][k % 8], 0) * half_of(right[k / 8][k % 8], 0);
  return sum;
}

void add(const LateProduct& product) {
  const OperandRow* const left = product.rows.data();
  const OperandRow* right = left + 4;
  float* sums = product.of.sums;
  for (int i = 0; i < product.of.columns / 2; i += 4, right += 4)
    for (int n = 0; n < 4; n++) sums[i + n] = added(sums[i + n], left + n / 2 * 2, right + n % 2 * 2);
}

struct Named {
  std::uint64_t a, b;
  std::uint32_t registers[4];
};
struct Met {
  OperandRow left[4];  // the lane's rows of an operand in registers
};

// Each lane gets what its quad of lanes has of rows quad and quad + 8 (PTX ISA, "Matrix fragments for mma.m16n8k16").
void combine_left(Exchange& exchange) {
  for (unsigned lane = 0; lane < kLanes; lane++) {
    Met met;
    for (unsigned from = lane / 4 * 4; from < lane / 4 * 4 + 4; from++) {
      Named named;
      std::memcpy(&named, exchange.brought[from].data(), sizeof named);
      for (unsigned reg = 0; reg < 4; reg++)
        for (unsigned half = 0; half < 2; half++)
          met.left[reg % 2 * 2 + reg / 2][from % 4 * 2 + half] =
              static_cast<std::uint16_t>(named.registers[reg] >> 16 * half);
    }
    std::memcpy(exchange.taken[lane].data(), &met, sizeof met);
  }
}

// What lanes say of operands in shared memory is what lane 0 says.
void combine_named(Exchange& exchange) {
  for (Load& taken : exchange.taken) std::memcpy(taken.data(), exchange.brought[0].data(), sizeof(Named));
}

}  // namespace

std::uint32_t offset_in_shared(const void* at) {
  Inside inside;
  return static_cast<std::uint32_t>(static_cast<const std::byte*>(at) - machine->shared->begin());
}

void start_product(const WarpgroupProduct& of, Site site) {
  LateProduct product{of, site, __builtin_return_address(0), {}};
  Named mine{of.a, of.b, {}};
  const Named first = warp_operation<Named>("wgmma", 0xffffffffu, site, mine, combine_named);
  if (of.registers != nullptr) {
    std::memcpy(mine.registers, of.registers, sizeof mine.registers);
    const Met met = warp_operation<Met>("wgmma", 0xffffffffu, site, mine, combine_left);
    std::copy(std::begin(met.left), std::end(met.left), product.rows.begin());
  }
  Inside inside;
  if (first.a != of.a || first.b != of.b) refuse("wgmma with different operands in the lanes of a warp", site);
  product.rows = rows_of(product);
  machine->current->products.back().push_back(product);
}

void close_product_group() {
  Inside inside;
  machine->current->products.emplace_back();
}

void deliver_product_groups(unsigned except_latest) {
  Inside inside;
  auto& groups = machine->current->products;
  while (groups.size() > std::size_t{except_latest} + 1) {
    for (const LateProduct& product : groups.front()) {
      if (rows_of(product) != product.rows)
        refuse("operands of wgmma written before its products were waited for", product.site);
      add(product);
    }
    groups.erase(groups.begin());
  }
}

}  // namespace boxwarp::emulator
