// How the cells look. A cell is drawn in coordinates from 0 to 1, x to the right and y down, as plain shapes laid over one
// another; each pixel is the mean of a few samples, which smooths the edges.
#include <algorithm>
#include <cmath>

#include "tools/picture.hpp"

namespace boxwarp {

namespace {

constexpr int kSamples = 4;  // a side

struct Point {
  double x, y;
};

constexpr Colour kMortar{52, 58, 70}, kBrick{88, 98, 117}, kBrickLight{104, 115, 135};
constexpr Colour kFloor{240, 232, 214}, kFloorEdge{229, 219, 197};
constexpr Colour kTarget{217, 83, 79}, kTargetPale{243, 190, 176};
constexpr Colour kOutline{60, 42, 26};
constexpr Colour kSkin{250, 214, 176}, kJacket{47, 111, 186}, kHair{78, 52, 36}, kEye{30, 30, 36};

struct Wood {
  Colour frame, plank, seam;
};
constexpr Wood kBox{{176, 116, 52}, {214, 156, 84}, {150, 96, 40}};
constexpr Wood kBoxHome{{58, 132, 76}, {104, 184, 116}, {44, 108, 62}};

bool in_circle(Point p, Point centre, double radius) { return std::hypot(p.x - centre.x, p.y - centre.y) <= radius; }

bool in_box(Point p, double left, double top, double right, double bottom, double corner) {
  const double x = std::max({left + corner - p.x, p.x - right + corner, 0.0});
  const double y = std::max({top + corner - p.y, p.y - bottom + corner, 0.0});
  return p.x >= left && p.x <= right && p.y >= top && p.y <= bottom && std::hypot(x, y) <= corner + 1e-9;
}

// Three courses of bricks; joints of neighbouring cells meet, so walls run on.
Colour wall(Point p) {
  constexpr double kCourse = 1.0 / 3, kJoint = 0.05;
  const int course = std::min(static_cast<int>(p.y / kCourse), 2);
  const double y = p.y - course * kCourse;
  const double x = std::fmod(p.x + (course % 2 == 0 ? 0.0 : 0.25), 0.5);
  if (y < kJoint || x < kJoint) return kMortar;
  return y < 2.2 * kJoint ? kBrickLight : kBrick;
}

Colour floor(Point p) { return p.x < 0.04 || p.y < 0.04 ? kFloorEdge : kFloor; }

Colour target(Point p) {
  constexpr Point kCentre{0.52, 0.52};
  if (in_circle(p, kCentre, 0.12)) return kTarget;
  if (in_circle(p, kCentre, 0.19)) return floor(p);
  if (in_circle(p, kCentre, 0.27)) return kTarget;
  return in_circle(p, kCentre, 0.33) ? kTargetPale : floor(p);
}

// A target wide enough to be seen behind the player who stands on it.
Colour covered_target(Point p) {
  constexpr Point kCentre{0.52, 0.52};
  if (in_circle(p, kCentre, 0.39)) return kTargetPale;
  return in_circle(p, kCentre, 0.46) ? kTarget : floor(p);
}

// A crate: a frame around planks, held by two crossed boards.
Colour box(Point p, const Wood& wood, Colour beneath) {
  if (!in_box(p, 0.08, 0.08, 0.96, 0.96, 0.08)) return beneath;
  if (!in_box(p, 0.12, 0.12, 0.92, 0.92, 0.05)) return kOutline;
  if (!in_box(p, 0.24, 0.24, 0.80, 0.80, 0.0)) return wood.frame;
  if (!in_box(p, 0.265, 0.265, 0.775, 0.775, 0.0)) return kOutline;
  const double across = std::min(std::abs(p.x - p.y), std::abs(p.x + p.y - 1.04));
  if (across < 0.075) return wood.frame;
  return across < 0.105 ? wood.seam : wood.plank;
}

// A warehouse keeper seen from the front.
Colour player(Point p, Colour beneath) {
  constexpr Point kHead{0.52, 0.33};
  if (in_circle(p, {0.445, 0.35}, 0.035) || in_circle(p, {0.595, 0.35}, 0.035)) return kEye;
  if (in_circle(p, kHead, 0.2)) return p.y < 0.26 ? kHair : kSkin;
  if (in_circle(p, kHead, 0.235)) return kOutline;
  if (in_circle(p, {0.255, 0.68}, 0.055) || in_circle(p, {0.785, 0.68}, 0.055)) return kSkin;
  if (in_circle(p, {0.255, 0.68}, 0.09) || in_circle(p, {0.785, 0.68}, 0.09)) return kOutline;
  const bool trousers = p.y > 0.75 && std::abs(p.x - 0.52) > 0.03;
  if (in_box(p, 0.34, 0.54, 0.70, 0.92, 0.09)) return p.y < 0.75 ? kJacket : trousers ? kHair : kOutline;
  return in_box(p, 0.305, 0.505, 0.735, 0.955, 0.12) ? kOutline : beneath;
}

Colour colour(Cell cell, Point p) {
  switch (cell) {
    case Cell::wall: return wall(p);
    case Cell::floor: return floor(p);
    case Cell::target: return target(p);
    case Cell::box_on_target: return box(p, kBoxHome, floor(p));
    case Cell::box: return box(p, kBox, floor(p));
    case Cell::player: return player(p, floor(p));
    case Cell::player_on_target: return player(p, covered_target(p));
  }
  return kMortar;
}

Picture tile(Cell cell, int size) {
  Picture picture(size, size, kFloor);
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      int red = 0, green = 0, blue = 0;
      for (int sample = 0; sample < kSamples * kSamples; ++sample) {
        const Point p{(x + (sample % kSamples + 0.5) / kSamples) / size, (y + (sample / kSamples + 0.5) / kSamples) / size};
        const Colour c = colour(cell, p);
        red += c.red;
        green += c.green;
        blue += c.blue;
      }
      const auto mean = [](int sum) { return static_cast<std::uint8_t>(sum / (kSamples * kSamples)); };
      picture.at(x, y) = {mean(red), mean(green), mean(blue)};
    }
  }
  return picture;
}

}  // namespace

Tiles::Tiles(int size) : size_(size) {
  for (int code = 0; code < kCellCodes; ++code) tiles_[static_cast<std::size_t>(code)] = tile(static_cast<Cell>(code), size);
}

Picture Tiles::board(std::span<const std::uint8_t> cells, int height, int width) const {
  Picture picture(width * size_, height * size_, kMortar);
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) {
      const std::uint8_t code = cells[static_cast<std::size_t>(row * width + column)];
      paste(picture, tiles_[code], column * size_, row * size_);
    }
  }
  return picture;
}

}  // namespace boxwarp
