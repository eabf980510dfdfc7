// Boards as observations: bytes of the small tier, channel by channel, in vectors (env_draw.hpp); everything else through
// the codes of the board's cells.
#include <cstring>

#include "host/cpu/env_draw.hpp"
#include "host/cpu/env_parts.hpp"
#include "kernels/env/tiles.hpp"

namespace boxwarp::cpu {

namespace {

void draw_packed(const LevelBankView& bank, const EnvStateView& state, std::int64_t e, int height, std::uint8_t* out) {
  if (bank.tier == Tier::small) {
    const std::uint64_t words[4] = {state.walls[e], state.targets[e], state.boxes[e], state.player[e]};
    std::memcpy(out, words, sizeof words);
    return;
  }
  const auto plane = static_cast<std::size_t>(height) * sizeof(std::uint64_t);
  for (int row = 0; row < height; ++row) {
    const RowBits bits = row_of(bank, state, e, row);
    const std::uint64_t words[4] = {bits.walls, bits.targets, bits.boxes, bits.player};
    for (std::size_t p = 0; p < 4; ++p)
      std::memcpy(out + p * plane + static_cast<std::size_t>(row) * sizeof words[p], &words[p], sizeof words[p]);
  }
}

// Codes are written eight at a time, a byte each; what spills over the end of a row is written over by the next one.
constexpr std::size_t kSpill = 16;

void put_small_codes(const EnvStateView& state, std::int64_t e, std::size_t cells, int width, std::uint8_t* codes) {
  const CodeBits bits = code_bits({state.walls[e], state.targets[e], state.boxes[e], state.player[e]});
  std::memset(codes, 0, cells);
  for (int row = 0; row < kSmallInterior; ++row) {
    const auto first = static_cast<std::size_t>((row + 1) * width + 1);
    if (first >= cells) return;  // what is beyond the board is wall
    const std::uint64_t bytes = eight_code_bytes(bits, kSmallInterior * row);
    std::memcpy(codes + first, &bytes, sizeof bytes);
  }
}

void put_large_codes(const LevelBankView& bank, const EnvStateView& state, std::int64_t e, int height, int width,
                     std::uint8_t* codes) {
  for (int row = 0; row < height; ++row) {
    const CodeBits bits = code_bits(row_of(bank, state, e, row));
    for (int column = 0; column < width; column += 8) {
      const std::uint64_t bytes = eight_code_bytes(bits, column);
      std::memcpy(codes + row * width + column, &bytes, sizeof bytes);
    }
  }
}

// A picture whose every cell has one value in each channel: codes (cells) through the palette to out.
template <class Value>
void draw_values(const std::uint8_t* codes, std::size_t cells, Observation kind, Layout layout, std::uint8_t* out) {
  constexpr Element element = sizeof(Value) == 1 ? Element::u8 : sizeof(Value) == 2 ? Element::bf16 : Element::f32;
  const Palette& palette = kPalettes[static_cast<int>(kind)];
  const auto channels = static_cast<std::size_t>(channels_of(kind));
  for (std::size_t channel = 0; channel < channels; ++channel) {
    if (element == Element::u8 && layout == Layout::chw && cells >= kCellsAtOnce) {
      look_up(codes, cells, palette.channel[channel], out + channel * cells);
      continue;
    }
    Value values[8] = {};
    for (unsigned code = 0; code < kCellCodes; ++code)
      values[code] = static_cast<Value>(element_bits(element, value_in(palette, static_cast<int>(channel), code)));
    if (layout == Layout::chw) {
      std::uint8_t* plane = out + channel * cells * sizeof(Value);
      for (std::size_t cell = 0; cell < cells; ++cell)
        std::memcpy(plane + cell * sizeof(Value), &values[codes[cell]], sizeof(Value));
    } else {
      for (std::size_t cell = 0; cell < cells; ++cell)
        std::memcpy(out + (cell * channels + channel) * sizeof(Value), &values[codes[cell]], sizeof(Value));
    }
  }
}

// A tile for every cell: out (tile * H, tile * W, 3).
void draw_tiles(const std::uint8_t* codes, int height, int width, int tile, std::uint8_t* out) {
  for (int y = 0; y < tile * height; ++y)
    for (int x = 0; x < tile * width; ++x)
      for (int channel = 0; channel < 3; ++channel)
        *out++ = tile_value(kTiles, codes[y / tile * width + x / tile], tile, y % tile, x % tile, channel);
}

// The stencil of this size: each thread keeps that of its last pictures.
const Stencil& stencil_of(int height, int width) {
  thread_local Stencil stencil;
  if (stencil.height != height || stencil.width != width) make_stencil(height, width, stencil);
  return stencil;
}

void draw_board(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state, std::int64_t e,
                const ObservationFormat& format, std::uint8_t* out) {
  const auto cells = static_cast<std::size_t>(options.height) * static_cast<std::size_t>(options.width);
  std::uint8_t codes[kLargestSize * kLargestSize + kSpill];
  if (bank.tier == Tier::small)
    put_small_codes(state, e, cells, options.width, codes);
  else
    put_large_codes(bank, state, e, options.height, options.width, codes);
  if (format.kind == Observation::pixels) return draw_tiles(codes, options.height, options.width, format.tile, out);
  const Element element = element_of(format);
  const auto draw = element == Element::u8     ? draw_values<std::uint8_t>
                    : element == Element::bf16 ? draw_values<std::uint16_t>
                                               : draw_values<std::uint32_t>;
  draw(codes, cells, format.kind, format.layout, out);
}

}  // namespace

void draw_boards(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state, std::int64_t begin,
                 std::int64_t end, const ObservationFormat& format, std::uint8_t* observations) {
  if (observations == nullptr) return;
  const std::size_t bytes = observation_bytes(format, bank.tier, options.height, options.width);
  std::uint8_t* out = observations + static_cast<std::size_t>(begin) * bytes;
  if (format.kind == Observation::packed) {
    for (std::int64_t e = begin; e < end; ++e, out += bytes) draw_packed(bank, state, e, options.height, out);
    return;
  }
  const int channels = channels_of(format.kind);
  const bool by_channel = format.layout == Layout::chw || channels == 1;
  const bool in_vectors = bank.tier == Tier::small && by_channel && element_of(format) == Element::u8 &&
                          format.kind != Observation::pixels &&
                          static_cast<std::size_t>(options.height * options.width) >= kCellsAtOnce;
  if (in_vectors)
    return draw_small(state, begin, end, stencil_of(options.height, options.width), kPalettes[static_cast<int>(format.kind)],
                      channels, out);
  for (std::int64_t e = begin; e < end; ++e, out += bytes) draw_board(bank, options, state, e, format, out);
}

void render(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
            const ObservationFormat& format, std::uint8_t* out) {
  for_runs(executor, state.count,
           [&](std::int64_t begin, std::int64_t end) { draw_boards(bank, options, state, begin, end, format, out); });
}

}  // namespace boxwarp::cpu
