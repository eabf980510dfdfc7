// Cells of boards as bytes, sixteen or more with one instruction, once for each instruction set.
//
// Per 32 or 64 cells of a board of the small tier: three byte shuffles and comparisons take the bits of their codes out of
// the words, and a shuffle and a store for each channel turn codes into values; a board of 10x10 has two blocks of 64.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/cpu/env_draw.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <stdexcept>

#include "host/cpu/env_draw.hpp"

HWY_BEFORE_NAMESPACE();
namespace boxwarp::cpu::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR  // without vectors: a cell at a time

void look_up_in_vectors(const std::uint8_t* codes, std::size_t cells, std::uint64_t table, std::uint8_t* out) {
  for (std::size_t cell = 0; cell < cells; ++cell) out[cell] = static_cast<std::uint8_t>(table >> 8 * codes[cell]);
}

void draw_in_vectors(const EnvStateView& state, std::int64_t begin, std::int64_t end, const Stencil& stencil,
                     const Palette& palette, int channels, std::uint8_t* out) {
  const auto cells = static_cast<std::size_t>(stencil.height) * static_cast<std::size_t>(stencil.width);
  for (std::int64_t e = begin; e < end; ++e) {
    const CodeBits bits = code_bits({state.walls[e], state.targets[e], state.boxes[e], state.player[e]});
    for (int channel = 0; channel < channels; ++channel, out += cells) {
      for (std::size_t b = 0; b < stencil.blocks; ++b) {
        const Stencil::Block& block = stencil.block[b];
        for (std::size_t i = 0; i < stencil.cells_at_once; ++i) {
          const bool inside = block.row[i] < kSmallInterior;
          unsigned code = 0;
          for (int k = 0; k < 3 && inside; ++k)
            code |= static_cast<unsigned>((bits.bit[k] >> 8 * block.row[i] & block.bit[i]) != 0) << k;
          out[block.first + i] = value_in(palette, channel, code);
        }
      }
    }
  }
}

#else

namespace hn = hwy::HWY_NAMESPACE;

// Eight bytes, again and again.
template <class D>
hn::Vec<D> repeated(D d, std::uint64_t bytes) {
  return hn::BitCast(d, hn::Set(hn::Repartition<std::uint64_t, D>(), bytes));
}

template <int kChannels, std::size_t kAtOnce>
void draw_blocks(const EnvStateView& state, std::int64_t begin, std::int64_t end, const Stencil& stencil,
                 const Palette& palette, std::uint8_t* out) {
  const hn::CappedTag<std::uint8_t, kAtOnce> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto cells = static_cast<std::size_t>(stencil.height) * static_cast<std::size_t>(stencil.width);
  hn::Vec<decltype(d)> values[kChannels];
  for (int channel = 0; channel < kChannels; ++channel) values[channel] = repeated(d, palette.channel[channel]);
  const auto one = hn::Set(d, 1), two = hn::Set(d, 2), four = hn::Set(d, 4);
  for (std::int64_t e = begin; e < end; ++e, out += kChannels * cells) {
    const CodeBits bits = code_bits({state.walls[e], state.targets[e], state.boxes[e], state.player[e]});
    const auto bit0 = repeated(d, bits.bit[0]), bit1 = repeated(d, bits.bit[1]), bit2 = repeated(d, bits.bit[2]);
    for (std::size_t b = 0; b < stencil.blocks; ++b) {
      const Stencil::Block& block = stencil.block[b];
      for (std::size_t at = 0; at < kAtOnce; at += lanes) {
        const auto row = hn::Load(d, block.row + at), bit = hn::Load(d, block.bit + at);
        const auto where = [&](auto word, auto value) {
          return hn::IfThenElseZero(hn::TestBit(hn::TableLookupBytesOr0(word, row), bit), value);
        };
        const auto codes = hn::Or(hn::Or(where(bit0, one), where(bit1, two)), where(bit2, four));
        for (int channel = 0; channel < kChannels; ++channel)
          hn::StoreU(hn::TableLookupBytes(values[channel], codes), d,
                     out + static_cast<std::size_t>(channel) * cells + block.first + at);
      }
    }
  }
}

template <int kChannels>
void draw_channels(const EnvStateView& state, std::int64_t begin, std::int64_t end, const Stencil& stencil,
                   const Palette& palette, std::uint8_t* out) {
  if (stencil.cells_at_once == kWideCellsAtOnce)
    return draw_blocks<kChannels, kWideCellsAtOnce>(state, begin, end, stencil, palette, out);
  draw_blocks<kChannels, kCellsAtOnce>(state, begin, end, stencil, palette, out);
}

void draw_in_vectors(const EnvStateView& state, std::int64_t begin, std::int64_t end, const Stencil& stencil,
                     const Palette& palette, int channels, std::uint8_t* out) {
  switch (channels) {
    case 1: return draw_channels<1>(state, begin, end, stencil, palette, out);
    case 3: return draw_channels<3>(state, begin, end, stencil, palette, out);
    case 4: return draw_channels<4>(state, begin, end, stencil, palette, out);
    case kCellCodes: return draw_channels<kCellCodes>(state, begin, end, stencil, palette, out);
    default: throw std::logic_error("no picture has so many channels");
  }
}

void look_up_in_vectors(const std::uint8_t* codes, std::size_t cells, std::uint64_t table, std::uint8_t* out) {
  const hn::CappedTag<std::uint8_t, kCellsAtOnce> d;
  const auto values = repeated(d, table);
  const std::size_t lanes = hn::Lanes(d);
  const auto store = [&](std::size_t at) {
    hn::StoreU(hn::TableLookupBytes(values, hn::LoadU(d, codes + at)), d, out + at);
  };
  for (std::size_t at = 0; at + lanes <= cells; at += lanes) store(at);
  store(cells - lanes);
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace boxwarp::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boxwarp::cpu {

namespace {

HWY_EXPORT(draw_in_vectors);
HWY_EXPORT(look_up_in_vectors);

}  // namespace

void make_stencil(int height, int width, Stencil& stencil) {
  const auto cells = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  stencil.height = height;
  stencil.width = width;
  const auto blocks_of = [cells](std::size_t at_once) { return (cells + at_once - 1) / at_once; };
  const bool is_wide = cells >= kWideCellsAtOnce && 2 * blocks_of(kWideCellsAtOnce) == blocks_of(kCellsAtOnce);
  const std::size_t at_once = is_wide ? kWideCellsAtOnce : kCellsAtOnce;
  stencil.cells_at_once = at_once;
  stencil.blocks = blocks_of(at_once);
  for (std::size_t b = 0; b < stencil.blocks; ++b) {
    Stencil::Block& block = stencil.block[b];
    block.first = std::min(b * at_once, cells - at_once);
    for (std::size_t i = 0; i < at_once; ++i) {
      const int cell = static_cast<int>(block.first + i), row = cell / width - 1, column = cell % width - 1;
      const bool inside = row >= 0 && row < kSmallInterior && column >= 0 && column < kSmallInterior;
      block.row[i] = static_cast<std::uint8_t>(inside ? row : 0x80);
      block.bit[i] = static_cast<std::uint8_t>(inside ? 1 << column : 1);
    }
  }
}

void draw_small(const EnvStateView& state, std::int64_t begin, std::int64_t end, const Stencil& stencil,
                const Palette& palette, int channels, std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(draw_in_vectors)(state, begin, end, stencil, palette, channels, out);
}

void look_up(const std::uint8_t* codes, std::size_t cells, std::uint64_t table, std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(look_up_in_vectors)(codes, cells, table, out);
}

}  // namespace boxwarp::cpu
#endif  // HWY_ONCE
