// Pictures in memory, and boards drawn as pictures.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/sokoban/board.hpp"

namespace boxwarp {

struct Colour {
  std::uint8_t red, green, blue;
};
constexpr bool operator==(Colour a, Colour b) { return a.red == b.red && a.green == b.green && a.blue == b.blue; }

struct Picture {
  int width = 0, height = 0;
  std::vector<Colour> pixels;  // (height, width)

  Picture() = default;
  Picture(int width, int height, Colour colour);
  Colour& at(int x, int y) {
    return pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
  }
  const Colour& at(int x, int y) const { return const_cast<Picture&>(*this).at(x, y); }
};

// What lies outside of the picture is cut off.
void fill(Picture& picture, int left, int top, int width, int height, Colour colour);
void paste(Picture& onto, const Picture& picture, int left, int top);

// The seven kinds of cell drawn once, in tiles of size x size pixels.
class Tiles {
 public:
  explicit Tiles(int size);  // at least 8
  int size() const { return size_; }
  // cells: (H, W) cell codes. The picture has H x W tiles.
  Picture board(std::span<const std::uint8_t> cells, int height, int width) const;

 private:
  int size_;
  std::array<Picture, kCellCodes> tiles_;
};

}  // namespace boxwarp
