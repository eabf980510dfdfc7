// What can be wrong with a level or a file of levels, and what is worth a remark.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace boxwarp {

enum class LevelErrorKind : std::uint8_t {
  bad_character,
  bad_run_length,
  unterminated_comment,
  no_level,
  no_player,
  two_players,
  no_box,
  fewer_targets,
  unreachable_box,
  open_wall,
  too_large,
  unreadable_file,
  bad_xml,
  corrupt_pack
};

enum class LevelWarning : std::uint8_t {
  more_targets,
  already_solved,
  box_cannot_move,
  unreachable_target,
  unreachable_box,
  duplicate
};

std::string_view name(LevelErrorKind kind);        // as the command prints it: "bad_character"
std::string_view name(LevelWarning warning);       // "more_targets"
std::string_view explained(LevelWarning warning);  // "more targets than boxes; ..."

struct LevelError {
  LevelErrorKind kind;
  std::int64_t ordinal = 0;           // of the level in its file, from 1; 0: the file as a whole
  std::int64_t line = 0, column = 0;  // from 1, columns in bytes; 0: no place in a text
  std::optional<unsigned char> byte;  // what stands there
  std::string title;                  // of the level, UTF-8, may be empty
  std::string message;                // what was found and what to do, one line
};

// "path:line:column: level 3 \"Title\": what was found; what to do", less what the error does not know.
std::string described(const std::string& path, const LevelError& error);

}  // namespace boxwarp
