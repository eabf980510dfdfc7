#include "tools/picture.hpp"

#include <algorithm>

namespace boxwarp {

Picture::Picture(int w, int h, Colour colour)
    : width(w), height(h), pixels(static_cast<std::size_t>(w) * static_cast<std::size_t>(h), colour) {}

void fill(Picture& picture, int left, int top, int width, int height, Colour colour) {
  const int right = std::min(left + width, picture.width), bottom = std::min(top + height, picture.height);
  for (int y = std::max(top, 0); y < bottom; ++y) {
    for (int x = std::max(left, 0); x < right; ++x) picture.at(x, y) = colour;
  }
}

void paste(Picture& onto, const Picture& picture, int left, int top) {
  for (int y = std::max(0, -top); y < std::min(picture.height, onto.height - top); ++y) {
    for (int x = std::max(0, -left); x < std::min(picture.width, onto.width - left); ++x) {
      onto.at(left + x, top + y) = picture.at(x, y);
    }
  }
}

}  // namespace boxwarp
