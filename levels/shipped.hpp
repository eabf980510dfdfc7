// The sets of levels that come with the program, found by name: "boxoban-like-test" is boxoban-like-test.boxwarp or
// boxoban-like-test.txt of one folder, that of the environment variable BOXWARP_LEVELS or levels/data of the sources that
// the program was built from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace boxwarp {

// Could this be the name of a set: letters, digits, '-' and '_' only?
bool is_bare_word(std::string_view text);

std::vector<std::string> shipped_sets();  // names, in order of their bytes

// The path of the set's file. Throws BadInput that lists the names.
std::string shipped_set(std::string_view name);

}  // namespace boxwarp
