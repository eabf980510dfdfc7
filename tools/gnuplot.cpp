#include "tools/gnuplot.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace boxwarp {

namespace {

// Script, picture and messages pass through files without a name: pipes could fill up while nobody reads them.
using Scratch = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

Scratch scratch() {
  Scratch file(std::tmpfile(), std::fclose);
  if (!file) throw std::runtime_error(fmt::format("no temporary file for gnuplot: {}", std::strerror(errno)));
  return file;
}

std::string content(std::FILE* file) {
  std::rewind(file);
  std::string text;
  std::array<char, 4096> part{};
  for (std::size_t count; (count = std::fread(part.data(), 1, part.size(), file)) > 0;) text.append(part.data(), count);
  return text;
}

// Starts gnuplot without a shell and waits for it; the status that waitpid gave.
int run(std::FILE* input, std::FILE* output, std::FILE* messages) {
  posix_spawn_file_actions_t streams;
  posix_spawn_file_actions_init(&streams);
  posix_spawn_file_actions_adddup2(&streams, ::fileno(input), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&streams, ::fileno(output), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&streams, ::fileno(messages), STDERR_FILENO);
  std::string name = "gnuplot", defaults = "-d";  // -d: no start-up files of the user
  std::array<char*, 3> arguments{name.data(), defaults.data(), nullptr};
  pid_t process = 0;
  const int error = ::posix_spawnp(&process, name.c_str(), &streams, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&streams);
  if (error == ENOENT) throw std::runtime_error("gnuplot is not installed; install the package gnuplot-nox");
  if (error != 0) throw std::runtime_error(fmt::format("gnuplot cannot be started: {}", std::strerror(error)));
  int status = 0;
  while (::waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) throw std::runtime_error(fmt::format("gnuplot got lost: {}", std::strerror(errno)));
  }
  return status;
}

}  // namespace

std::vector<std::byte> drawn_by_gnuplot(const std::string& script) {
  const Scratch input = scratch(), output = scratch(), messages = scratch();
  std::fwrite(script.data(), 1, script.size(), input.get());
  if (std::fflush(input.get()) != 0) {
    throw std::runtime_error(fmt::format("the script for gnuplot cannot be written: {}", std::strerror(errno)));
  }
  std::rewind(input.get());
  const int status = run(input.get(), output.get(), messages.get());
  const std::string picture = content(output.get());
  constexpr std::string_view kPngSignature = "\x89PNG\r\n";
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !picture.starts_with(kPngSignature)) {
    throw std::runtime_error(fmt::format("gnuplot drew nothing: {}", content(messages.get())));
  }
  std::vector<std::byte> bytes(picture.size());
  std::memcpy(bytes.data(), picture.data(), picture.size());
  return bytes;
}

std::string gnuplot_string(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += c;
    quoted += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return quoted + "'";
}

}  // namespace boxwarp
