#include "host/learner/folder_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <mutex>
#include <tuple>

#include "levels/error.hpp"

namespace boxwarp {

namespace {

// The lock belongs to the open folder itself, so that no file has to be made, and to all who share its descriptor.
class LockedFolder {
 public:
  explicit LockedFolder(int descriptor) : descriptor_(descriptor) {}
  ~LockedFolder() { ::close(descriptor_); }
  LockedFolder(const LockedFolder&) = delete;
  LockedFolder& operator=(const LockedFolder&) = delete;

 private:
  int descriptor_;
};

// A process that was forked is another one, and shares the locks of its parent without holding them.
using Key = std::tuple<pid_t, dev_t, ino_t>;

}  // namespace

FolderLock lock_folder(const std::filesystem::path& folder) {
  static std::mutex mutex;
  static std::map<Key, std::weak_ptr<const LockedFolder>> locks;
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return nullptr;  // what cannot be opened is told by whoever reads or writes it
  auto lock = std::make_shared<const LockedFolder>(descriptor);
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return nullptr;
  const std::lock_guard guard(mutex);
  std::weak_ptr<const LockedFolder>& held = locks[{::getpid(), status.st_dev, status.st_ino}];
  if (auto before = held.lock()) return before;
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    throw BadInput(fmt::format("{}: another process trains in this folder; wait for it, or name another", folder.string()));
  held = lock;
  return lock;
}

}  // namespace boxwarp
