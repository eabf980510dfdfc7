#include "levels/shipped.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <link.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>

#include "levels/error.hpp"

namespace boxwarp {

namespace {

namespace fs = std::filesystem;

constexpr const char* kVariable = "BOXWARP_LEVELS";

fs::path folder() { return shipped_folder(kVariable, "levels", BOXWARP_LEVELS_FOLDER); }

// The program or the shared library that holds this code; empty if that is not known.
fs::path own_file() {
  static const char here = 0;
  Dl_info info{};
  void* found = nullptr;
  std::error_code failure;
  if (dladdr1(&here, &info, &found, RTLD_DL_LINKMAP) == 0) return {};
  const char* const name = static_cast<const link_map*>(found)->l_name;
  return fs::canonical(*name != '\0' ? name : "/proc/self/exe", failure);  // a program's is empty
}

bool is_set(const fs::path& file) { return file.extension() == ".boxwarp" || file.extension() == ".txt"; }

}  // namespace

fs::path shipped_folder(const char* variable, const char* name, const char* sources) {
  if (const char* const named = std::getenv(variable)) return named;
  static const fs::path own = own_file();
  const fs::path above = own.parent_path().parent_path();
  std::error_code failure;
  for (const fs::path& prefix : {above, above.parent_path()}) {
    const fs::path installed = prefix / "share/boxwarp" / name;
    if (!own.empty() && fs::is_directory(installed, failure)) return installed;
  }
  return sources;
}

std::string listed(const std::vector<std::string>& names) {
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

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
  throw BadInput(
      fmt::format("{}: no file, no folder and no shipped set has this name; the sets in {} (or where {} says) are {}", name,
                  folder().string(), kVariable, listed(shipped_sets())));
}

}  // namespace boxwarp
