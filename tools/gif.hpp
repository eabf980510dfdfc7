// Animated GIF files.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "tools/picture.hpp"

namespace boxwarp {

// Plays for ever. Frames are added one by one; each stores only the rectangle that changed. Failures of giflib are
// std::runtime_error.
class Gif {
 public:
  // colours: a picture with every colour that frames will have; where those are more than 256, similar ones become one.
  Gif(int width, int height, const Picture& colours);
  ~Gif();
  Gif(const Gif&) = delete;
  Gif& operator=(const Gif&) = delete;

  // picture: width x height; stays for delay_ms, kept in hundredths of a second.
  void add(const Picture& picture, int delay_ms);
  // The bytes of the file, which has at least one frame; nothing can be added afterwards.
  std::vector<std::byte> finished();

 private:
  struct Encoder;
  std::unique_ptr<Encoder> encoder_;
};

}  // namespace boxwarp
