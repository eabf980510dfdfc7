// The error that a person can mend: the message says where, what was found and what to do.
#pragma once

#include <stdexcept>

namespace boxwarp {

// Bad input: a level file, an option, a checkpoint, an action. Ends the command with status 2.
struct BadInput : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace boxwarp
