#include "host/learner/shipped_weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "levels/error.hpp"
#include "levels/shipped.hpp"

namespace boxwarp {

namespace {

namespace fs = std::filesystem;

constexpr const char* kEnding = ".safetensors";
constexpr const char* kFile = "model.safetensors";  // of a folder with what else belongs to a run

constexpr const char* kVariable = "BOXWARP_MODELS";

fs::path folder() { return shipped_folder(kVariable, "models", BOXWARP_MODELS_FOLDER); }

}  // namespace

std::vector<std::string> shipped_weights() {
  std::vector<std::string> names;
  std::error_code failure;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder(), failure)) {
    if (entry.path().extension() == kEnding) names.push_back(entry.path().stem().string());
    if (fs::exists(entry.path() / kFile, failure)) names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

fs::path weights_file(const std::string& path_or_name) {
  std::error_code failure;
  if (fs::exists(path_or_name, failure) || !is_bare_word(path_or_name)) return path_or_name;
  const std::vector<std::string> names = shipped_weights();
  std::vector<std::string> found;
  std::ranges::copy_if(names, std::back_inserter(found),
                       [&](const std::string& name) { return name.starts_with(path_or_name); });
  if (std::ranges::count(names, path_or_name) == 1) found = {path_or_name};
  if (found.size() != 1) {
    throw BadInput(fmt::format("{}: no file has this name, and {} with it; the agents in {} (or where {} says) are {}",
                               path_or_name, found.empty() ? "no shipped agent's begins" : "several shipped agents' begin",
                               folder().string(), kVariable, listed(names)));
  }
  const fs::path alone = folder() / (found[0] + kEnding);
  return fs::exists(alone, failure) ? alone : folder() / found[0] / kFile;
}

}  // namespace boxwarp
