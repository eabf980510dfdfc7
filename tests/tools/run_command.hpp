// Runs the real boxwarp program and keeps what it says.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace boxwarp::test {

using Environment = std::vector<std::string>;  // "NAME=value", in place of the same names of this process

struct Output {
  int status = -1;  // of the exit; -1 after a signal
  std::string out, err;
  bool terminal_as_before = true;  // its settings, where there was one
};

inline std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
}

// A folder that is gone with the test.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "boxwarp-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

namespace detail {

inline std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

inline std::vector<std::string> merged(const Environment& changes) {
  std::vector<std::string> all = changes;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry, name = text.substr(0, text.find('=') + 1);
    bool changed = name == "NO_COLOR=";  // tests decide about colours themselves
    for (const std::string& change : changes) changed = changed || change.starts_with(name);
    if (!changed) all.push_back(text);
  }
  return all;
}

inline pid_t start(std::vector<std::string> arguments, const Environment& changes, int out, int err,
                   const std::string& in = "/dev/null") {
  arguments.insert(arguments.begin(), BOXWARP_COMMAND);
  std::vector<std::string> environment = merged(changes);
  posix_spawn_file_actions_t streams;
  posix_spawn_file_actions_init(&streams);
  posix_spawn_file_actions_addopen(&streams, STDIN_FILENO, in.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&streams, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&streams, err, STDERR_FILENO);
  pid_t process = -1;
  const int error =
      posix_spawn(&process, BOXWARP_COMMAND, &streams, nullptr, pointers(arguments).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&streams);
  if (error != 0) throw std::runtime_error(std::string("cannot start ") + BOXWARP_COMMAND);
  return process;
}

inline int finish(pid_t process) {
  int status = 0;
  if (waitpid(process, &status, 0) != process) throw std::runtime_error("lost the process");
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace detail

// Runs `boxwarp arguments...` without a terminal.
inline Output boxwarp(const std::vector<std::string>& arguments, const Environment& environment = {},
                      const std::string& input = {}) {
  const Folder folder;
  Output output;
  write_text(folder / "in", input);
  const int out = open((folder / "out").c_str(), O_WRONLY | O_CREAT, 0600);
  const int err = open((folder / "err").c_str(), O_WRONLY | O_CREAT, 0600);
  output.status = detail::finish(detail::start(arguments, environment, out, err, folder / "in"));
  close(out);
  close(err);
  output.out = content(folder / "out");
  output.err = content(folder / "err");
  return output;
}

// The same with standard output going to a file of any kind.
inline int boxwarp_into(const std::string& path, const std::vector<std::string>& arguments) {
  const int out = open(path.c_str(), O_WRONLY), nowhere = open("/dev/null", O_WRONLY);
  const int status = detail::finish(detail::start(arguments, {}, out, nowhere));
  close(out);
  close(nowhere);
  return status;
}

// The same on one terminal of 100 x 40, where the keys are struck as soon as something shows; all it shows is in `out`.
// Without keys the standard input is empty. The signal, if any, comes once this is shown.
inline Output boxwarp_in_terminal(const std::vector<std::string>& arguments, Environment environment = {},
                                  const std::string& keys = {}, int signal = 0, const std::string& shown = {}) {
  environment.push_back("TERM=xterm-256color");
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) throw std::runtime_error("no pseudo terminal");
  const std::string name = ptsname(master);
  const int terminal = open(name.c_str(), O_RDWR | O_NOCTTY);
  const winsize size{.ws_row = 40, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
  ioctl(terminal, TIOCSWINSZ, &size);
  termios before{}, after{};
  tcgetattr(master, &before);
  const pid_t process = detail::start(arguments, environment, terminal, terminal, keys.empty() ? "/dev/null" : name);
  close(terminal);
  Output output;
  std::array<char, 4096> part{};
  // Once the last writer is gone, reading fails.
  for (ssize_t count; (count = read(master, part.data(), part.size())) > 0;) {
    if (output.out.empty() && !keys.empty() && write(master, keys.data(), keys.size()) < 0) break;
    output.out.append(part.data(), static_cast<std::size_t>(count));
    if (signal != 0 && output.out.find(shown) != std::string::npos) kill(process, std::exchange(signal, 0));
  }
  tcgetattr(master, &after);
  output.terminal_as_before = before.c_lflag == after.c_lflag && before.c_iflag == after.c_iflag;
  close(master);
  output.status = detail::finish(process);
  return output;
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

inline int count_of(const std::string& text, const std::string& part) {
  int count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

}  // namespace boxwarp::test
