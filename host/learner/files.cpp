#include "host/learner/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

#include "levels/error.hpp"

namespace boxwarp {

namespace {

namespace fs = std::filesystem;

// A file that is being written under another name and disappears unless it gets its own.
class PendingFile {
 public:
  explicit PendingFile(const fs::path& path)
      : path_(path), pending_(path.string() + fmt::format(".writing-{}", ::getpid())) {
    descriptor_ = ::open(pending_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor_ < 0) fail();
    is_there_ = true;
  }
  ~PendingFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (is_there_) ::unlink(pending_.c_str());
  }
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;

  void write(const Pieces& pieces) {
    for (std::span<const std::byte> rest : pieces) {
      while (!rest.empty()) {
        const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail();
        rest = rest.subspan(static_cast<std::size_t>(written));
      }
    }
    if (::fsync(descriptor_) != 0) fail();
    const int descriptor = descriptor_;
    descriptor_ = -1;
    if (::close(descriptor) != 0) fail();
  }

  void replace() {
    if (::rename(pending_.c_str(), path_.c_str()) != 0) fail();
    is_there_ = false;
    flush_folder();
  }

  // A second name never takes the place of a file, as the other one would.
  void create() {
    if (::link(pending_.c_str(), path_.c_str()) == 0) return flush_folder();
    if (errno == EEXIST) refuse();
    const bool has_no_links = errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS;  // as on FAT
    if (!has_no_links) fail();
    if (fs::exists(fs::symlink_status(path_))) refuse();
    replace();
  }

 private:
  [[noreturn]] void fail() const {
    throw std::runtime_error(fmt::format("{} cannot be written: {}", path_.string(), std::strerror(errno)));
  }
  [[noreturn]] void refuse() const {
    throw BadInput(fmt::format("{} exists and is never overwritten; name another file", path_.string()));
  }

  // The new name is on the disk once its folder is.
  void flush_folder() const {
    const fs::path parent = path_.has_parent_path() ? path_.parent_path() : ".";
    const int folder = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return;
    ::fsync(folder);
    ::close(folder);
  }

  fs::path path_;
  std::string pending_;
  int descriptor_ = -1;
  bool is_there_ = false;
};

}  // namespace

Pieces pieces_of(std::string_view text) { return {std::as_bytes(std::span(text.data(), text.size()))}; }

void replace_file(const fs::path& path, const Pieces& pieces) {
  PendingFile file(path);
  file.write(pieces);
  file.replace();
}

void create_file(const fs::path& path, const Pieces& pieces) {
  PendingFile file(path);
  file.write(pieces);
  file.create();
}

}  // namespace boxwarp
