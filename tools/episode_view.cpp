#include "tools/episode_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>
#include <utility>

#include "tools/progress.hpp"

namespace boxwarp {

namespace {

constexpr std::string_view kCharacters = "# .*$@+";  // by cell code
constexpr std::array<std::string_view, kActions + 1> kActionNames{"up", "down", "left", "right", "no_op"};

struct Glyph {
  Colour background, ink;
  std::string_view text;
};
constexpr Colour kFloor{240, 232, 214}, kInk{60, 42, 26}, kWhite{255, 255, 255}, kBlue{47, 111, 186}, kRed{200, 60, 56};
constexpr std::array<Glyph, kCellCodes> kGlyphs{{{{72, 80, 98}, {72, 80, 98}, "  "},
                                                 {kFloor, kFloor, "  "},
                                                 {kFloor, kRed, "()"},
                                                 {{104, 184, 116}, kInk, "[]"},
                                                 {{214, 156, 84}, kInk, "[]"},
                                                 {kBlue, kWhite, "oo"},
                                                 {kRed, kWhite, "oo"}}};

double return_until(const RecordedEpisode& record, int step) {
  return std::accumulate(record.rewards.begin(), record.rewards.begin() + step, 0.0);
}

int steps(const RecordedEpisode& record) { return static_cast<int>(record.actions.size()); }

// Strip and contact sheet, in shares of a tile's side.
constexpr Colour kPaper{250, 250, 247}, kStrip{38, 43, 52}, kUnlit{78, 86, 102}, kThought{247, 200, 92}, kMove{92, 158, 230};
constexpr Colour kSolved{86, 190, 106}, kFailed{217, 83, 79};
constexpr int kSheetColumns = 4, kSheetPictures = 8;

int strip_height(const Tiles& tiles) { return std::max(6, tiles.size() / 2); }

void draw_strip(Picture& picture, const Episode& episode, Moment moment, int top, int height) {
  fill(picture, 0, top, picture.width, height, kStrip);
  const int pad = std::max(2, height / 4), inner = height - 2 * pad, wide = picture.width - 2 * pad;
  if (moment.thought > 0) {
    const int pitch = std::min(2 * inner, wide / episode.thinking);
    for (int i = 0; i < episode.thinking; ++i) {
      fill(picture, pad + i * pitch, top + pad, std::max(1, std::min(inner, pitch - 1)), inner,
           i < moment.thought ? kThought : kUnlit);
    }
    return;
  }
  const bool last = moment.step == steps(episode.record);
  const Colour colour = !last ? kMove : episode.record.solved ? kSolved : kFailed;
  fill(picture, pad, top + pad, wide, inner, kUnlit);
  fill(picture, pad, top + pad, last ? wide : wide * moment.step / episode.cap, inner, colour);
}

}  // namespace

std::vector<Moment> moments(const Episode& episode) {
  std::vector<Moment> all;
  for (int thought = 1; thought <= episode.thinking; ++thought) all.push_back({0, thought});
  for (int step = 0; step <= steps(episode.record); ++step) all.push_back({step, 0});
  return all;
}

void crop(RecordedEpisode& record, int height, int width) {
  for (std::vector<std::uint8_t>& board : record.boards) {
    std::vector<std::uint8_t> part;
    for (int row = 0; row < height; ++row) {
      const auto from = board.begin() + static_cast<std::ptrdiff_t>(row) * record.width;
      part.insert(part.end(), from, from + width);
    }
    board = std::move(part);
  }
  record.height = height;
  record.width = width;
}

std::vector<std::string> board_lines(std::span<const std::uint8_t> cells, int width, bool colours) {
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < cells.size(); from += static_cast<std::size_t>(width)) {
    std::string line;
    int before = -1;
    for (const std::uint8_t code : cells.subspan(from, static_cast<std::size_t>(width))) {
      const Glyph& glyph = kGlyphs[code];
      const Colour &b = glyph.background, &i = glyph.ink;
      if (colours && std::exchange(before, code) != code) {
        line += fmt::format("\033[48;2;{};{};{}m\033[38;2;{};{};{}m", b.red, b.green, b.blue, i.red, i.green, i.blue);
      }
      line += colours ? glyph.text : kCharacters.substr(code, 1);
    }
    lines.push_back(line + (colours ? "\033[0m" : ""));
  }
  return lines;
}

std::vector<std::string> board_lines(const RecordedEpisode& record, int step, bool colours) {
  return board_lines(record.boards[static_cast<std::size_t>(step)], record.width, colours);
}

std::string status_line(const Episode& episode, Moment moment) {
  if (moment.thought > 0) return fmt::format("thinking {} of {}", moment.thought, episode.thinking);
  if (moment.step == 0) return fmt::format("step 0 of {}", episode.cap);
  const RecordedEpisode& record = episode.record;
  const auto before = static_cast<std::size_t>(moment.step - 1);
  return fmt::format("step {} of {}  {}  reward {:.1f}  return {:.1f}", moment.step, episode.cap,
                     kActionNames[static_cast<std::size_t>(record.actions[before])], record.rewards[before],
                     return_until(record, moment.step));
}

std::string result_line(const Episode& episode) {
  const RecordedEpisode& record = episode.record;
  return fmt::format("level {}{}: {} in {}, return {:.1f}", record.level + 1,
                     record.title.empty() ? "" : " (" + record.title + ")", record.solved ? "solved" : "not solved",
                     counted(steps(record), "step", "steps"), return_until(record, steps(record)));
}

Picture moment_picture(const Episode& episode, Moment moment, const Tiles& tiles) {
  const RecordedEpisode& record = episode.record;
  const Picture board = tiles.board(record.boards[static_cast<std::size_t>(moment.step)], record.height, record.width);
  Picture picture(board.width, board.height + strip_height(tiles), kStrip);
  paste(picture, board, 0, 0);
  draw_strip(picture, episode, moment, board.height, strip_height(tiles));
  return picture;
}

Picture all_colours(const Tiles& tiles) {
  constexpr std::array<std::uint8_t, kCellCodes> kCodes{0, 1, 2, 3, 4, 5, 6};
  constexpr std::array kOthers{kPaper, kStrip, kUnlit, kThought, kMove, kSolved, kFailed};
  const Picture board = tiles.board(kCodes, 1, kCellCodes);
  Picture picture(board.width, board.height + 1, kPaper);
  paste(picture, board, 0, 0);
  for (std::size_t i = 0; i < kOthers.size(); ++i) picture.at(static_cast<int>(i), board.height) = kOthers[i];
  return picture;
}

Picture contact_sheet(const Episode& episode, const Tiles& tiles) {
  const int last = steps(episode.record), count = std::min(kSheetPictures, last + 1);
  const int columns = std::min(kSheetColumns, count), rows = (count + columns - 1) / columns;
  const int gap = tiles.size() / 2;
  Picture sheet;
  for (int i = 0; i < count; ++i) {
    const Picture picture = moment_picture(episode, {count == 1 ? last : last * i / (count - 1), 0}, tiles);
    if (i == 0) sheet = Picture(columns * (picture.width + gap) + gap, rows * (picture.height + gap) + gap, kPaper);
    paste(sheet, picture, gap + i % columns * (picture.width + gap), gap + i / columns * (picture.height + gap));
  }
  return sheet;
}

}  // namespace boxwarp
