// PNG and GIF files read back by the libraries that define them.
#pragma once

#include <gif_lib.h>
#include <png.h>

#include <array>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace boxwarp::test {

using Pixel = std::array<std::uint8_t, 3>;

struct PictureRead {
  int width = 0, height = 0;
  std::vector<Pixel> pixels;

  const Pixel& at(int x, int y) const { return pixels.at(static_cast<std::size_t>(y * width + x)); }
  std::size_t colours() const { return std::set<Pixel>(pixels.begin(), pixels.end()).size(); }
};

inline PictureRead read_png(const std::string& path) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_file(&image, path.c_str()) == 0) throw std::runtime_error(path + ": " + image.message);
  image.format = PNG_FORMAT_RGB;
  PictureRead picture{static_cast<int>(image.width), static_cast<int>(image.height), {}};
  picture.pixels.resize(static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height));
  if (png_image_finish_read(&image, nullptr, picture.pixels.data(), 0, nullptr) == 0) {
    throw std::runtime_error(path + ": " + image.message);
  }
  return picture;
}

struct GifRead {
  std::vector<PictureRead> frames;  // as they are seen, each over the one before
  std::vector<int> delays_ms;
  bool loops = false;
};

inline GifRead read_gif(const std::string& path) {
  int error = 0;
  GifFileType* file = DGifOpenFileName(path.c_str(), &error);
  if (file == nullptr || DGifSlurp(file) == GIF_ERROR) throw std::runtime_error(path + ": no GIF");
  GifRead gif;
  PictureRead canvas{file->SWidth, file->SHeight, {}};
  canvas.pixels.resize(static_cast<std::size_t>(canvas.width) * static_cast<std::size_t>(canvas.height));
  for (int frame = 0; frame < file->ImageCount; ++frame) {
    const SavedImage& image = file->SavedImages[frame];
    for (int y = 0; y < image.ImageDesc.Height; ++y) {
      for (int x = 0; x < image.ImageDesc.Width; ++x) {
        const GifColorType& c = file->SColorMap->Colors[image.RasterBits[y * image.ImageDesc.Width + x]];
        canvas.pixels.at(static_cast<std::size_t>((image.ImageDesc.Top + y) * canvas.width + image.ImageDesc.Left + x)) = {
            c.Red, c.Green, c.Blue};
      }
    }
    GraphicsControlBlock control{};
    DGifSavedExtensionToGCB(file, frame, &control);
    gif.frames.push_back(canvas);
    gif.delays_ms.push_back(10 * control.DelayTime);
    for (int i = 0; i < image.ExtensionBlockCount; ++i) {
      const ExtensionBlock& block = image.ExtensionBlocks[i];
      const std::string name(reinterpret_cast<const char*>(block.Bytes), static_cast<std::size_t>(block.ByteCount));
      gif.loops = gif.loops || (block.Function == APPLICATION_EXT_FUNC_CODE && name == "NETSCAPE2.0");
    }
  }
  DGifCloseFile(file, &error);
  return gif;
}

}  // namespace boxwarp::test
