// One process at a time writes the folder of a run. Who only reads it needs no lock and is not kept out.
#pragma once

#include <filesystem>
#include <memory>

namespace boxwarp {

// Held until the last copy is gone, or the process is, however it ends, with those that it forked meanwhile.
using FolderLock = std::shared_ptr<const void>;

// Throws BadInput where another process has locked the folder. Within a process all calls share one lock. A file system
// that has no locks locks nothing.
FolderLock lock_folder(const std::filesystem::path& folder);

}  // namespace boxwarp
