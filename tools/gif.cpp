#include "tools/gif.hpp"

#include <fmt/format.h>
#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace boxwarp {

namespace {

constexpr int kColours = 256;

[[noreturn]] void fail(int error) {
  const char* reason = GifErrorString(error);
  throw std::runtime_error(fmt::format("GIF: {}", reason == nullptr ? "unknown error" : reason));
}

// One table of colours for all frames. Where they hold more than 256, the lowest bits are dropped until they fit; the loss
// shows in no tile, as only its smoothed edges have so many.
class Palette {
 public:
  explicit Palette(const std::vector<GifFrame>& frames) {
    while (!collect(frames)) ++dropped_bits_;
  }

  GifByteType index(Colour colour) const { return static_cast<GifByteType>(indices_.at(key(colour))); }

  std::vector<GifColorType> table() const {
    std::vector<GifColorType> colours(kColours, GifColorType{0, 0, 0});
    for (const auto& [key, index] : indices_) {
      const auto byte = [key = key](int shift) { return static_cast<GifByteType>(key >> shift & 0xff); };
      colours[static_cast<std::size_t>(index)] = {byte(16), byte(8), byte(0)};
    }
    return colours;
  }

 private:
  std::uint32_t key(Colour c) const {
    const std::uint32_t mask = 0xffu << dropped_bits_ & 0xffu, middle = 1u << dropped_bits_ >> 1;
    const auto kept = [&](std::uint8_t part) { return (part & mask) | middle; };
    return kept(c.red) << 16 | kept(c.green) << 8 | kept(c.blue);
  }

  bool collect(const std::vector<GifFrame>& frames) {
    indices_.clear();
    for (const GifFrame& frame : frames) {
      for (const Colour& colour : frame.picture.pixels) {
        indices_.try_emplace(key(colour), static_cast<int>(indices_.size()));
        if (indices_.size() > kColours) return false;
      }
    }
    return true;
  }

  int dropped_bits_ = 0;
  std::unordered_map<std::uint32_t, int> indices_;
};

struct Rectangle {
  int left, top, width, height;
};

// Where two pictures of one size differ; a single pixel where they do not, because a GIF has no empty frame.
Rectangle changed(const Picture& before, const Picture& after) {
  int left = after.width, top = after.height, right = -1, bottom = -1;
  for (int y = 0; y < after.height; ++y) {
    for (int x = 0; x < after.width; ++x) {
      if (before.at(x, y) == after.at(x, y)) continue;
      left = std::min(left, x);
      right = std::max(right, x);
      top = std::min(top, y);
      bottom = y;
    }
  }
  if (right < 0) return {0, 0, 1, 1};
  return {left, top, right - left + 1, bottom - top + 1};
}

class Writer {
 public:
  Writer(std::vector<std::byte>& out, const Picture& first, const Palette& palette) : palette_(palette) {
    int error = 0;
    file_ = EGifOpen(&out, append, &error);
    if (file_ == nullptr) fail(error);
    const std::unique_ptr<ColorMapObject, void (*)(ColorMapObject*)> colours(
        GifMakeMapObject(kColours, palette.table().data()), GifFreeMapObject);
    EGifSetGifVersion(file_, true);
    check(EGifPutScreenDesc(file_, first.width, first.height, 8, 0, colours.get()));
    loop_for_ever();
  }
  ~Writer() {
    int ignored = 0;
    if (file_ != nullptr) EGifCloseFile(file_, &ignored);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void add(const Picture& picture, int delay_ms, Rectangle part) {
    const GraphicsControlBlock control{.DisposalMode = DISPOSE_DO_NOT,
                                       .UserInputFlag = false,
                                       .DelayTime = (delay_ms + 5) / 10,
                                       .TransparentColor = NO_TRANSPARENT_COLOR};
    std::array<GifByteType, 4> block{};
    const std::size_t size = EGifGCBToExtension(&control, block.data());
    check(EGifPutExtension(file_, GRAPHICS_EXT_FUNC_CODE, static_cast<int>(size), block.data()));
    check(EGifPutImageDesc(file_, part.left, part.top, part.width, part.height, false, nullptr));
    std::vector<GifByteType> line(static_cast<std::size_t>(part.width));
    for (int y = part.top; y < part.top + part.height; ++y) {
      for (int x = 0; x < part.width; ++x) line[static_cast<std::size_t>(x)] = palette_.index(picture.at(part.left + x, y));
      check(EGifPutLine(file_, line.data(), part.width));
    }
  }

  void close() {
    int error = 0;
    GifFileType* file = std::exchange(file_, nullptr);
    if (EGifCloseFile(file, &error) == GIF_ERROR) fail(error);
  }

 private:
  static int append(GifFileType* file, const GifByteType* bytes, int count) {
    auto& out = *static_cast<std::vector<std::byte>*>(file->UserData);
    const auto* from = reinterpret_cast<const std::byte*>(bytes);
    out.insert(out.end(), from, from + count);
    return count;
  }

  void check(int result) const {
    if (result == GIF_ERROR) fail(file_->Error);
  }

  // The extension that browsers know: sub-block 1, then how often (0: without end) as two bytes.
  void loop_for_ever() {
    constexpr std::array<GifByteType, 3> kLoop{1, 0, 0};
    check(EGifPutExtensionLeader(file_, APPLICATION_EXT_FUNC_CODE));
    check(EGifPutExtensionBlock(file_, 11, "NETSCAPE2.0"));
    check(EGifPutExtensionBlock(file_, static_cast<int>(kLoop.size()), kLoop.data()));
    check(EGifPutExtensionTrailer(file_));
  }

  const Palette& palette_;
  GifFileType* file_ = nullptr;
};

}  // namespace

std::vector<std::byte> gif(const std::vector<GifFrame>& frames) {
  const Picture& first = frames.at(0).picture;
  const Palette palette(frames);
  std::vector<std::byte> out;
  Writer writer(out, first, palette);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const Picture& picture = frames[i].picture;
    if (picture.width != first.width || picture.height != first.height) throw std::logic_error("frames of different sizes");
    const Rectangle all{0, 0, first.width, first.height};
    writer.add(picture, frames[i].delay_ms, i == 0 ? all : changed(frames[i - 1].picture, picture));
  }
  writer.close();
  return out;
}

}  // namespace boxwarp
