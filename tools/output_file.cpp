#include "tools/output_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "levels/error.hpp"

namespace boxwarp {

namespace {

// Zero or the number of the error.
int written(int file, std::span<const std::byte> content) {
  while (!content.empty()) {
    const ssize_t count = ::write(file, content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    content = content.subspan(static_cast<std::size_t>(count));
  }
  return 0;
}

}  // namespace

void check_output(const std::string& option, const std::filesystem::path& path) {
  if (path.empty()) return;
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) {
    throw BadInput(fmt::format("--{}: {} exists and is never overwritten; name another file", option, path.string()));
  }
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  if (!std::filesystem::is_directory(folder, ignored)) {
    throw BadInput(fmt::format("--{}: there is no folder {} to write {} to; make it first", option, folder.string(),
                               path.filename().string()));
  }
}

void write_new_file(const std::filesystem::path& path, std::span<const std::byte> content) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0 && errno == EEXIST) {
    throw BadInput(fmt::format("{} exists and is never overwritten; name another file", path.string()));
  }
  if (file < 0) throw std::runtime_error(fmt::format("{} cannot be written: {}", path.string(), std::strerror(errno)));
  int error = written(file, content);
  if (::close(file) != 0 && error == 0) error = errno;
  if (error != 0) {
    ::unlink(path.c_str());
    throw std::runtime_error(fmt::format("{} cannot be written: {}", path.string(), std::strerror(error)));
  }
}

void write_new_file(const std::filesystem::path& path, std::string_view content) {
  write_new_file(path, std::as_bytes(std::span(content.data(), content.size())));
}

}  // namespace boxwarp
