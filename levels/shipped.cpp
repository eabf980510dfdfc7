#include "levels/shipped.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>

#include "levels/error.hpp"

namespace boxwarp {

namespace {

namespace fs = std::filesystem;

fs::path folder() {
  const char* const named = std::getenv("BOXWARP_LEVELS");
  return named != nullptr ? named : BOXWARP_LEVELS_FOLDER;
}

bool is_set(const fs::path& file) { return file.extension() == ".boxwarp" || file.extension() == ".txt"; }

}  // namespace

bool is_bare_word(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; });
}

std::vector<std::string> shipped_sets() {
  std::vector<std::string> names;
  std::error_code failure;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder(), failure)) {
    if (is_set(entry.path())) names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string shipped_set(std::string_view name) {
  std::error_code failure;
  for (const char* const ending : {".boxwarp", ".txt"}) {
    const fs::path path = folder() / (std::string(name) + ending);
    if (fs::exists(path, failure)) return path.string();
  }
  throw BadInput(fmt::format("{}: no file, no folder and no shipped set has this name; the sets in {} are {}", name,
                             folder().string(), fmt::join(shipped_sets(), ", ")));
}

}  // namespace boxwarp
