// The shape of a network as JSON, and back with every mistake named.
#include "host/learner/net_shape_json.hpp"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host/learner/net_options.hpp"
#include "kernels/net/shape_numbers.hpp"
#include "levels/error.hpp"

namespace boxwarp {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr NetShape kPublished{};

void read_number(const ShapeNumber& number, const json& value, NetShape& shape, std::vector<std::string>& faults) {
  const bool whole = value.is_number_integer() && fits<int>(value);
  if (whole)
    shape.*number.member = value.get<int>();
  else
    faults.push_back(fmt::format("{}: found {}, takes a whole number", number.name, value.dump()));
}

template <class Option>
void read_option(const std::string& name, const json& value, Option& option, std::vector<std::string>& faults) {
  if (!read_word(value, option)) {
    faults.push_back(fmt::format("{}: found {}, takes one of {}", name, value.dump(), words_of(option)));
  }
}

bool read_member(const std::string& name, const json& value, NetShape& shape, std::vector<std::string>& faults) {
  for (const ShapeNumber& number : kShapeNumbers) {
    if (name != number.name) continue;
    read_number(number, value, shape, faults);
    return true;
  }
  bool known = false;
  const auto visit = [&](const char* option_name, auto& option, const char*) {
    if (name != option_name) return;
    known = true;
    read_option(name, value, option, faults);
  };
  visit("input", shape.input, "");
  for_each_later_option(shape, visit);
  return known;
}

// Calls visit(name, word) for each later option that is not as published.
template <class Visit>
void for_each_unpublished(const NetShape& shape, Visit&& visit) {
  ordered_json published;
  for_each_later_option(
      kPublished, [&published](const char* name, auto option, const char*) { published[name] = word_in_json(option); });
  for_each_later_option(shape, [&](const char* name, auto option, const char*) {
    const ordered_json word = word_in_json(option);
    if (word != published[name]) visit(name, word);
  });
}

}  // namespace

std::string to_json(const NetShape& shape) {
  ordered_json object;
  for (const ShapeNumber& number : kShapeNumbers) object[number.name] = shape.*number.member;
  object["input"] = word_in_json(shape.input);
  for_each_unpublished(shape, [&object](const std::string& name, const ordered_json& word) { object[name] = word; });
  return object.dump();
}

std::string name_of(const NetShape& shape) {
  std::string name = shape.kind == NetKind::drc ? fmt::format("DRC({}, {})", shape.layers, shape.ticks)
                                                : fmt::format("ResNet({})", shape.layers);
  for_each_unpublished(shape, [&name](const std::string& option, const ordered_json& word) {
    if (option != "kind") name += fmt::format(", {} {}", option, word.get<std::string>());
  });
  return name;
}

NetShape shape_from_json(const std::string& text) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) throw BadInput(fmt::format("the network's shape is not a JSON object: {}", text.substr(0, 80)));
  NetShape shape;
  std::vector<std::string> faults;
  for (const auto& [name, value] : object.items()) {
    if (!read_member(name, value, shape, faults)) {
      faults.push_back(fmt::format("{}: a network's shape has no such member", name));
    }
  }
  for (std::string& mistake : mistakes_in(shape)) faults.push_back(std::move(mistake));
  if (!faults.empty()) throw BadInput(fmt::format("the network's shape does not fit: {}", fmt::join(faults, "; ")));
  return shape;
}

}  // namespace boxwarp
