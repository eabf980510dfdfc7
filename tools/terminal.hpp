// What may be sent to a stream: a person's terminal takes colours and rewritten lines, a file or a pipe takes neither.
#pragma once

#include <cstdio>

namespace boxwarp {

bool is_terminal(std::FILE* stream);    // one that understands escape sequences: TERM is not "dumb"
bool takes_colours(std::FILE* stream);  // a terminal, and NO_COLOR is not set

struct TerminalSize {
  int columns, rows;
};
TerminalSize terminal_size(std::FILE* stream);  // 80 x 24 where it cannot be told

}  // namespace boxwarp
