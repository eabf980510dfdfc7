// Animated GIF files.
#pragma once

#include <cstddef>
#include <vector>

#include "tools/picture.hpp"

namespace boxwarp {

struct GifFrame {
  Picture picture;
  int delay_ms;  // how long it stays; kept in hundredths of a second
};

// The bytes of a GIF that plays the frames for ever. All frames have the size of the first and at least one pixel; a frame
// stores only the rectangle that changed. Throws std::runtime_error if giflib fails.
std::vector<std::byte> gif(const std::vector<GifFrame>& frames);

}  // namespace boxwarp
