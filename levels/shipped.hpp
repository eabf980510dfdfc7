// The sets of levels that come with the program, found by name: "boxoban-like-test" is boxoban-like-test.boxwarp or
// boxoban-like-test.txt of one folder: that of the environment variable BOXWARP_LEVELS, or share/boxwarp/levels beside the
// installed program or library, or levels/data of the sources that it was built from.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace boxwarp {

// The folder of what is shipped under a name, levels or models: what the environment variable says, or share/boxwarp/NAME
// beside the program or library that holds this code (from bin, lib or lib/ARCHITECTURE), or `sources`.
std::filesystem::path shipped_folder(const char* variable, const char* name, const char* sources);

// "a, b", or "none".
std::string listed(const std::vector<std::string>& names);

// Could this be the name of a set: letters, digits, '-' and '_' only?
bool is_bare_word(std::string_view text);

std::vector<std::string> shipped_sets();  // names, in order of their bytes

// The path of the set's file. Throws BadInput that lists the names.
std::string shipped_set(std::string_view name);

}  // namespace boxwarp
