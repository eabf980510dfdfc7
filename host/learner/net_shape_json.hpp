// The shape of a network for files and for people.
#pragma once

#include <string>

#include "kernels/net/net.hpp"

namespace boxwarp {

// DRC(3, 3) or ResNet(9), and the options that are not as published: "DRC(1, 1), boundary rim, skip none".
std::string name_of(const NetShape& shape);

// The shape as a JSON object and back; unknown or ill-typed members are BadInput.
std::string to_json(const NetShape& shape);
NetShape shape_from_json(const std::string& json);

}  // namespace boxwarp
