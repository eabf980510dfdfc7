// Keys as a person strikes them: from a terminal at once and without an echo, from a pipe as they come.
#pragma once

#include <signal.h>
#include <termios.h>

#include <optional>

namespace boxwarp {

enum class Key { up, down, left, right, undo, restart, next, previous, quit, interrupt, end, other };

// Reads standard input; a terminal is as it was again once the keyboard is gone. While it is there, SIGINT, SIGTERM and
// SIGHUP are keys too: interrupt, so that whoever reads keys can end as after Ctrl-C. One at a time.
class Keyboard {
 public:
  Keyboard();
  ~Keyboard();
  Keyboard(const Keyboard&) = delete;
  Keyboard& operator=(const Keyboard&) = delete;

  // Arrows, and letters: h j k l and w a s d move, u or z or backspace undoes, r restarts, n and p change the level, q
  // quits. Waits for one; end where the input ends.
  Key next();

 private:
  int byte(int wait_ms);  // -1: none came, or the input has ended; -2: a signal came

  std::optional<termios> before_;
  sigset_t mask_before_;
  struct sigaction actions_before_[3];
};

}  // namespace boxwarp
