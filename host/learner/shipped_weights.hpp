// The agents that come with the program, found by name: "quick" is quick.safetensors or quick/model.safetensors of one
// folder: that of the environment variable BOXWARP_MODELS, or share/boxwarp/models beside the installed program or library,
// or tools/models of the sources that it was built from.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace boxwarp {

std::vector<std::string> shipped_weights();  // names, in order of their bytes

// What --weights and the like name: a file, or where there is no such file and it is a bare word, the shipped agent of that
// name or of the only name that begins so. Throws BadInput that lists the names.
std::filesystem::path weights_file(const std::string& path_or_name);

}  // namespace boxwarp
