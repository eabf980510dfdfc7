#include "levels/problem.hpp"

#include <fmt/format.h>

namespace boxwarp {

std::string_view name(LevelErrorKind kind) {
  switch (kind) {
    case LevelErrorKind::bad_character: return "bad_character";
    case LevelErrorKind::bad_run_length: return "bad_run_length";
    case LevelErrorKind::unterminated_comment: return "unterminated_comment";
    case LevelErrorKind::no_level: return "no_level";
    case LevelErrorKind::no_player: return "no_player";
    case LevelErrorKind::two_players: return "two_players";
    case LevelErrorKind::no_box: return "no_box";
    case LevelErrorKind::fewer_targets: return "fewer_targets";
    case LevelErrorKind::unreachable_box: return "unreachable_box";
    case LevelErrorKind::open_wall: return "open_wall";
    case LevelErrorKind::too_large: return "too_large";
    case LevelErrorKind::unreadable_file: return "unreadable_file";
    case LevelErrorKind::bad_xml: return "bad_xml";
    case LevelErrorKind::corrupt_pack: return "corrupt_pack";
  }
  return "";
}

std::string_view name(LevelWarning warning) {
  switch (warning) {
    case LevelWarning::more_targets: return "more_targets";
    case LevelWarning::already_solved: return "already_solved";
    case LevelWarning::box_cannot_move: return "box_cannot_move";
    case LevelWarning::unreachable_target: return "unreachable_target";
    case LevelWarning::unreachable_box: return "unreachable_box";
    case LevelWarning::duplicate: return "duplicate";
  }
  return "";
}

std::string_view explained(LevelWarning warning) {
  switch (warning) {
    case LevelWarning::more_targets: return "more targets than boxes; it is solved when every box is on one";
    case LevelWarning::already_solved: return "every box is on a target before the first move";
    case LevelWarning::box_cannot_move: return "a box that no moves can push";
    case LevelWarning::unreachable_target: return "a target where the player never comes; it is taken for wall";
    case LevelWarning::unreachable_box: return "a box on a target where the player never comes; both are taken for wall";
    case LevelWarning::duplicate: return "the same board as an earlier one of the file";
  }
  return "";
}

std::string described(const std::string& path, const LevelError& error) {
  std::string text = path;
  if (error.line > 0) text += fmt::format(":{}:{}", error.line, error.column);
  text += ": ";
  if (error.ordinal > 0) text += fmt::format("level {}", error.ordinal);
  if (!error.title.empty()) text += fmt::format(" \"{}\"", error.title);
  if (error.ordinal > 0) text += ": ";
  return text + error.message;
}

}  // namespace boxwarp
