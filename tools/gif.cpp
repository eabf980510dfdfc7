#include "tools/gif.hpp"

#include <fmt/format.h>
#include <gif_lib.h>

#include <algorithm>
#include <array>
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

// One table of colours for all frames. Where there are more than 256, the lowest bits are dropped until they fit; the loss
// does not show, as only smoothed edges have so many.
class Palette {
 public:
  explicit Palette(const Picture& colours) {
    while (!collect(colours)) ++dropped_bits_;
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

  bool collect(const Picture& colours) {
    indices_.clear();
    for (const Colour& colour : colours.pixels) {
      indices_.try_emplace(key(colour), static_cast<int>(indices_.size()));
      if (indices_.size() > kColours) return false;
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

int append(GifFileType* file, const GifByteType* bytes, int count) {
  auto& out = *static_cast<std::vector<std::byte>*>(file->UserData);
  const auto* from = reinterpret_cast<const std::byte*>(bytes);
  out.insert(out.end(), from, from + count);
  return count;
}

}  // namespace

struct Gif::Encoder {
  Palette palette;
  Picture before;  // the frame added last
  bool empty = true;
  std::vector<std::byte> out;
  GifFileType* file = nullptr;

  explicit Encoder(const Picture& colours) : palette(colours) {
    int error = 0;
    file = EGifOpen(&out, append, &error);
    if (file == nullptr) fail(error);
  }
  ~Encoder() {
    int ignored = 0;
    if (file != nullptr) EGifCloseFile(file, &ignored);
  }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  void check(int result) const {
    if (result == GIF_ERROR) fail(file->Error);
  }

  // The extension that browsers know: sub-block 1, then how often (0: without end) as two bytes.
  void loop_for_ever() {
    constexpr std::array<GifByteType, 3> kLoop{1, 0, 0};
    check(EGifPutExtensionLeader(file, APPLICATION_EXT_FUNC_CODE));
    check(EGifPutExtensionBlock(file, 11, "NETSCAPE2.0"));
    check(EGifPutExtensionBlock(file, static_cast<int>(kLoop.size()), kLoop.data()));
    check(EGifPutExtensionTrailer(file));
  }

  void put(const Picture& picture, int delay_ms, Rectangle part) {
    const GraphicsControlBlock control{.DisposalMode = DISPOSE_DO_NOT,
                                       .UserInputFlag = false,
                                       .DelayTime = (delay_ms + 5) / 10,
                                       .TransparentColor = NO_TRANSPARENT_COLOR};
    std::array<GifByteType, 4> block{};
    const std::size_t size = EGifGCBToExtension(&control, block.data());
    check(EGifPutExtension(file, GRAPHICS_EXT_FUNC_CODE, static_cast<int>(size), block.data()));
    check(EGifPutImageDesc(file, part.left, part.top, part.width, part.height, false, nullptr));
    std::vector<GifByteType> line(static_cast<std::size_t>(part.width));
    for (int y = part.top; y < part.top + part.height; ++y) {
      for (int x = 0; x < part.width; ++x) line[static_cast<std::size_t>(x)] = palette.index(picture.at(part.left + x, y));
      check(EGifPutLine(file, line.data(), part.width));
    }
  }
};

Gif::Gif(int width, int height, const Picture& colours) : encoder_(std::make_unique<Encoder>(colours)) {
  encoder_->before = Picture(width, height, colours.pixels.at(0));
  const std::unique_ptr<ColorMapObject, void (*)(ColorMapObject*)> table(
      GifMakeMapObject(kColours, encoder_->palette.table().data()), GifFreeMapObject);
  EGifSetGifVersion(encoder_->file, true);
  encoder_->check(EGifPutScreenDesc(encoder_->file, width, height, 8, 0, table.get()));
  encoder_->loop_for_ever();
}

Gif::~Gif() = default;

void Gif::add(const Picture& picture, int delay_ms) {
  Picture& before = encoder_->before;
  if (picture.width != before.width || picture.height != before.height)
    throw std::logic_error("GIF: a frame of another size");
  const bool first = std::exchange(encoder_->empty, false);
  encoder_->put(picture, delay_ms, first ? Rectangle{0, 0, picture.width, picture.height} : changed(before, picture));
  before = picture;
}

std::vector<std::byte> Gif::finished() {
  int error = 0;
  GifFileType* file = std::exchange(encoder_->file, nullptr);
  if (file == nullptr || encoder_->empty) throw std::logic_error("GIF: finished twice, or without a frame");
  if (EGifCloseFile(file, &error) == GIF_ERROR) fail(error);
  return std::move(encoder_->out);
}

}  // namespace boxwarp
