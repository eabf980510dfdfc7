// Files that a command writes for a person: never over something that is there, and whole or not at all.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace boxwarp {

// For the start of a command, before its long work. BadInput if something lies at path already or its folder is missing;
// the message names the option. An empty path is no file and always fine.
void check_output(const std::string& option, const std::filesystem::path& path);

// Throws BadInput if path came to exist in the meantime and std::runtime_error if it cannot be written whole (disk full, no
// permission); then nothing is left behind.
void write_new_file(const std::filesystem::path& path, std::span<const std::byte> content);
void write_new_file(const std::filesystem::path& path, std::string_view content);

}  // namespace boxwarp
