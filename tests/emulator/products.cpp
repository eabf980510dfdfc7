// Products of a warpgroup (kernels/warpgroup.cuh): each thread computes the sums that it holds, when they are waited for.
#include <algorithm>
#include <cstring>
#include <string>

#include "emulator/collective_words.hpp"
#include "emulator/machine_state.hpp"

namespace boxwarp::emulator {
namespace {

[[noreturn]] void refuse(const std::string& what, Site site) {
  blame({what, {}, {site.text()}, {}});
  give_up();
  __builtin_unreachable();
}

// A descriptor's fields (PTX ISA, "Matrix descriptor format").
struct Descriptor {
  std::size_t begin, next_k, next_rows;  // bytes
  bool plain;                            // no swizzle, no base offset

  explicit Descriptor(std::uint64_t bits)
      : begin((bits & 0x3fff) << 4),
        next_k((bits >> 16 & 0x3fff) << 4),
        next_rows((bits >> 32 & 0x3fff) << 4),
        plain((bits & 0xffffc000c000c000) == 0) {}

  std::size_t row(unsigned row, unsigned eight) const { return begin + row / 8 * next_rows + row % 8 * 16 + eight * next_k; }
};

OperandRow row_at(std::size_t offset, const LateProduct& product) {
  if (machine->shared == nullptr || offset + sizeof(OperandRow) > machine->shared->size())
    refuse("an operand of wgmma outside of shared memory", product.site);
  const std::byte* const at = machine->shared->begin() + offset;
  if (watcher() != nullptr) watcher()->read(at, sizeof(OperandRow), product.counter);
  OperandRow row;
  std::memcpy(row.data(), at, sizeof row);
  return row;
}

// What the thread's sums are made of: rows quad and quad + 8 of its warp's 16 of the left operand, each k 0 to 7 and 8 to 15;
// then columns 8 j + pair and 8 j + pair + 1 of the right one, likewise.
ProductRows rows_of(const LateProduct& product) {
  const unsigned thread = machine->current->index, lane = thread % kLanes, warp = thread / kLanes % 4;
  const Descriptor a(product.a), b(product.b);
  if (!a.plain || !b.plain) refuse("an operand of wgmma with a swizzle or a base offset", product.site);
  ProductRows rows{};
  std::size_t count = 0;
  for (unsigned row : {16 * warp + lane / 4, 16 * warp + lane / 4 + 8})
    for (unsigned eight : {0u, 1u}) rows[count++] = row_at(a.row(row, eight), product);
  for (unsigned column = lane % 4 * 2; column < static_cast<unsigned>(product.columns); column += 8)
    for (unsigned i : {0u, 1u})
      for (unsigned eight : {0u, 1u}) rows[count++] = row_at(b.row(column + i, eight), product);
  return rows;
}

// rows: of the left and of the right operand, two each.
float added(float sum, const OperandRow* left, const OperandRow* right) {
  for (unsigned k = 0; k < 16; k++) sum += half_of(left[k / 8][k % 8], 0) * half_of(right[k / 8][k % 8], 0);
  return sum;
}

void add(const LateProduct& product) {
  const OperandRow* const left = product.rows.data();
  const OperandRow* right = left + 4;
  for (int i = 0; i < product.columns / 2; i += 4, right += 4)
    for (int n = 0; n < 4; n++) product.sums[i + n] = added(product.sums[i + n], left + n / 2 * 2, right + n % 2 * 2);
}

struct Named {
  std::uint64_t a, b;
};
void combine_named(Exchange& exchange) {
  const bool same = std::all_of(exchange.brought.begin(), exchange.brought.end(), [&](const Load& brought) {
    return std::memcmp(brought.data(), exchange.brought[0].data(), sizeof(Named)) == 0;
  });
  for (Load& taken : exchange.taken) std::memcpy(taken.data(), &same, sizeof same);
}

}  // namespace

std::uint32_t offset_in_shared(const void* at) {
  Inside inside;
  return static_cast<std::uint32_t>(static_cast<const std::byte*>(at) - machine->shared->begin());
}

void start_product(float* sums, int columns, std::uint64_t a, std::uint64_t b, Site site) {
  const void* const counter = __builtin_return_address(0);
  if (!warp_operation<bool>("wgmma", 0xffffffffu, site, Named{a, b}, combine_named)) {
    Inside inside;
    refuse("wgmma with different operands in the lanes of a warp", site);
  }
  Inside inside;
  LateProduct product{sums, columns, a, b, site, counter, {}};
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
      if (rows_of(product) != product.rows) refuse("operands of wgmma written before its products were waited for", product.site);
      add(product);
    }
    groups.erase(groups.begin());
  }
}

}  // namespace boxwarp::emulator
