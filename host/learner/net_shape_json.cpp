// The shape of a network as JSON, and back with every mistake named.
#include <climits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host/learner/weights.hpp"
#include "kernels/sokoban/board.hpp"
#include "levels/error.hpp"

namespace boxwarp {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

struct Member {
  const char* name;
  int NetShape::*value;
  int least, most, step;
};

constexpr Member kMembers[] = {
    {"layers", &NetShape::layers, 1, 64, 1},         {"ticks", &NetShape::ticks, 1, 64, 1},
    {"channels", &NetShape::channels, 16, 1024, 16}, {"height", &NetShape::height, 1, kLargestSize, 1},
    {"width", &NetShape::width, 1, kLargestSize, 1}, {"actions", &NetShape::actions, 1, 1024, 1},
    {"hidden", &NetShape::hidden, 1, 65536, 1},      {"encoder_kernel", &NetShape::encoder_kernel, 3, 4, 1}};
constexpr const char* kInputNames[] = {"rgb", "planes"};  // in the order of NetInput

void read_number(const Member& member, const json& value, NetShape& shape, std::vector<std::string>& faults) {
  const bool whole = value.is_number_unsigned() && value.get<std::uint64_t>() <= INT_MAX;
  const int number = whole ? value.get<int>() : 0;
  if (!whole || number < member.least || number > member.most || number % member.step != 0) {
    const std::string kind = member.step == 1 ? "a whole number" : fmt::format("a multiple of {}", member.step);
    faults.push_back(
        fmt::format("{} is {}, expected {} in {}..{}", member.name, value.dump(), kind, member.least, member.most));
    return;
  }
  shape.*member.value = number;
}

void read_input(const json& value, NetShape& shape, std::vector<std::string>& faults) {
  if (value == kInputNames[0]) {
    shape.input = NetInput::rgb;
  } else if (value == kInputNames[1]) {
    shape.input = NetInput::planes;
  } else {
    faults.push_back(fmt::format("input is {}, expected \"rgb\" or \"planes\"", value.dump()));
  }
}

}  // namespace

std::string to_json(const NetShape& shape) {
  ordered_json object;
  for (const Member& member : kMembers) object[member.name] = shape.*member.value;
  object["input"] = kInputNames[static_cast<int>(shape.input)];
  return object.dump();
}

NetShape shape_from_json(const std::string& text) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) throw BadInput(fmt::format("the network's shape is not a JSON object: {}", text.substr(0, 80)));
  NetShape shape;
  std::vector<std::string> faults;
  for (const auto& [name, value] : object.items()) {
    const Member* found = nullptr;
    for (const Member& member : kMembers) {
      if (name == member.name) found = &member;
    }
    if (found != nullptr) {
      read_number(*found, value, shape, faults);
    } else if (name == "input") {
      read_input(value, shape, faults);
    } else {
      faults.push_back(fmt::format("{} is not a member of a network's shape", name));
    }
  }
  if (!faults.empty()) throw BadInput(fmt::format("the network's shape does not fit: {}", fmt::join(faults, "; ")));
  return shape;
}

}  // namespace boxwarp
