#include "tools/png.hpp"

#include <png.h>

#include <stdexcept>
#include <string>

namespace boxwarp {

static_assert(sizeof(Colour) == 3, "rows of pixels are rows of bytes");

std::vector<std::byte> png(const Picture& picture) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width);
  image.height = static_cast<png_uint_32>(picture.height);
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::vector<std::byte> file(size);
  if (png_image_write_to_memory(&image, file.data(), &size, 0, picture.pixels.data(), 0, nullptr) == 0) {
    throw std::runtime_error(std::string("PNG: ") + image.message);
  }
  file.resize(size);
  return file;
}

}  // namespace boxwarp
