#include "tools/output_file.hpp"

#include <fmt/format.h>

#include <system_error>

#include "host/learner/files.hpp"
#include "levels/error.hpp"

namespace boxwarp {

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

void write_new_file(const std::filesystem::path& path, std::span<const std::byte> content) { create_file(path, {content}); }

void write_new_file(const std::filesystem::path& path, std::string_view content) { create_file(path, pieces_of(content)); }

}  // namespace boxwarp
