#include "tools/keyboard.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <iterator>

namespace boxwarp {

namespace {

constexpr int kEscape = 0x1b, kInterrupt = 3, kBackspace = 8, kDelete = 0x7f;
constexpr int kForever = -1, kRestOfSequence_ms = 50;
constexpr int kStopped = -2;
constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};
volatile sig_atomic_t g_stopped = 0;

Key arrow(int letter) {
  switch (letter) {
    case 'A': return Key::up;
    case 'B': return Key::down;
    case 'C': return Key::right;
    case 'D': return Key::left;
    default: return Key::other;
  }
}

Key key_of(int byte) {
  switch (byte) {
    case 'k':
    case 'w': return Key::up;
    case 'j':
    case 's': return Key::down;
    case 'h':
    case 'a': return Key::left;
    case 'l':
    case 'd': return Key::right;
    case 'u':
    case 'z':
    case kBackspace:
    case kDelete: return Key::undo;
    case 'r': return Key::restart;
    case 'n': return Key::next;
    case 'p': return Key::previous;
    case 'q': return Key::quit;
    case kInterrupt: return Key::interrupt;
    default: return Key::other;
  }
}

}  // namespace

Keyboard::Keyboard() {
  // Signals wait until a key is waited for, so that none comes between a look at the flag and that wait.
  g_stopped = 0;
  sigset_t signals;
  ::sigemptyset(&signals);
  struct sigaction action {};
  action.sa_handler = [](int) { g_stopped = 1; };
  for (std::size_t i = 0; i < std::size(kSignals); ++i) {
    ::sigaddset(&signals, kSignals[i]);
    ::sigaction(kSignals[i], &action, &actions_before_[i]);
  }
  ::sigprocmask(SIG_BLOCK, &signals, &mask_before_);

  termios now{};
  if (::tcgetattr(STDIN_FILENO, &now) != 0) return;
  before_ = now;
  // Ctrl-C comes as a byte, so that what was played is saved and the terminal set right.
  now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);
  now.c_cc[VMIN] = 1;
  now.c_cc[VTIME] = 0;
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &now);
}

Keyboard::~Keyboard() {
  if (before_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &*before_);
  for (std::size_t i = 0; i < std::size(kSignals); ++i) ::sigaction(kSignals[i], &actions_before_[i], nullptr);
  ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
}

int Keyboard::byte(int wait_ms) {
  const timespec wait{.tv_sec = 0, .tv_nsec = wait_ms * 1'000'000L};
  for (;;) {
    if (g_stopped != 0) return kStopped;
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    const int ready = ::ppoll(&input, 1, wait_ms == kForever ? nullptr : &wait, &mask_before_);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return -1;
    unsigned char byte = 0;
    const ssize_t count = ::read(STDIN_FILENO, &byte, 1);
    if (count < 0 && errno == EINTR) continue;
    return count == 1 ? byte : -1;
  }
}

Key Keyboard::next() {
  const int first = byte(kForever);
  if (first == kStopped) return Key::interrupt;
  if (first < 0) return Key::end;
  if (first != kEscape) return key_of(first);
  // Arrows are ESC [ A or ESC O A, with numbers in between if other keys are held.
  const int second = byte(kRestOfSequence_ms);
  if (second != '[' && second != 'O') return Key::other;
  int last = byte(kRestOfSequence_ms);
  while ((last >= '0' && last <= '9') || last == ';') last = byte(kRestOfSequence_ms);
  return arrow(last);
}

}  // namespace boxwarp
