// PNG files.
#pragma once

#include <cstddef>
#include <vector>

#include "tools/picture.hpp"

namespace boxwarp {

// The bytes of a PNG file. Throws std::runtime_error if libpng fails.
std::vector<std::byte> png(const Picture& picture);

}  // namespace boxwarp
