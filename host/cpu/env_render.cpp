// Boards as observations, one cell at a time.
#include <cstring>

#include "host/cpu/env_parts.hpp"
#include "kernels/env/drawing.hpp"
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

// A cell of a picture whose every cell has one value in each channel; little-endian, so the low bytes come first.
void draw_cell(const Palette& palette, const Picture& picture, unsigned code, std::size_t cell, std::size_t cells,
               std::uint8_t* out) {
  const auto channels = static_cast<std::size_t>(channels_of(picture.kind));
  const bool has_element = picture.kind == Observation::planes || picture.kind == Observation::planes4;
  const Element element = has_element ? picture.element : Element::u8;
  const std::size_t bytes = bytes_of(element);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    const std::uint32_t bits = element_bits(element, value_in(palette, static_cast<int>(channel), code));
    const std::size_t at = picture.layout == Layout::chw ? channel * cells + cell : cell * channels + channel;
    std::memcpy(out + at * bytes, &bits, bytes);
  }
}

// The tile of a cell, in a picture of (tile * H, tile * W, 3).
void draw_tile(unsigned code, int tile, int row, int column, int width, std::uint8_t* out) {
  for (int y = 0; y < tile; ++y) {
    std::uint8_t* pixel = out + 3 * (static_cast<std::ptrdiff_t>(tile * row + y) * tile * width + tile * column);
    for (int x = 0; x < tile; ++x)
      for (int channel = 0; channel < 3; ++channel) *pixel++ = tile_value(kTiles, code, tile, y, x, channel);
  }
}

}  // namespace

void draw_board(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state, std::int64_t e,
                const Picture& picture, std::uint8_t* observations) {
  if (observations == nullptr) return;
  std::uint8_t* out =
      observations + static_cast<std::size_t>(e) * observation_bytes(picture, bank.tier, options.height, options.width);
  if (picture.kind == Observation::packed) return draw_packed(bank, state, e, options.height, out);
  const auto cells = static_cast<std::size_t>(options.height) * static_cast<std::size_t>(options.width);
  const Palette palette = palette_of(picture.kind);
  std::size_t cell = 0;
  for (int row = 0; row < options.height; ++row) {
    const RowBits bits = row_of(bank, state, e, row);
    for (int column = 0; column < options.width; ++column, ++cell) {
      const unsigned code = code_at(bits, column);
      if (picture.kind == Observation::pixels)
        draw_tile(code, picture.tile, row, column, options.width, out);
      else
        draw_cell(palette, picture, code, cell, cells, out);
    }
  }
}

void render(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
            const Picture& picture, std::uint8_t* out) {
  for_chunks(executor, state.count, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t e = begin; e < end; ++e) draw_board(bank, options, state, e, picture, out);
  });
}

}  // namespace boxwarp::cpu
