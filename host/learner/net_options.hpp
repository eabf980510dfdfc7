// The words that JSON has for the options of a network, for weights and for configurations of trainings.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "kernels/net/net.hpp"

namespace boxwarp {

NLOHMANN_JSON_SERIALIZE_ENUM(NetInput, {{NetInput::rgb, "rgb"}, {NetInput::planes, "planes"}})
NLOHMANN_JSON_SERIALIZE_ENUM(NetKind, {{NetKind::drc, "drc"}, {NetKind::resnet, "resnet"}})
NLOHMANN_JSON_SERIALIZE_ENUM(OutputGate, {{OutputGate::tanh, "tanh"}, {OutputGate::sigmoid, "sigmoid"}})
NLOHMANN_JSON_SERIALIZE_ENUM(Boundary, {{Boundary::fence, "fence"}, {Boundary::rim, "rim"}, {Boundary::none, "none"}})
NLOHMANN_JSON_SERIALIZE_ENUM(Pooling,
                             {{Pooling::per_channel, "per_channel"}, {Pooling::full, "full"}, {Pooling::none, "none"}})
NLOHMANN_JSON_SERIALIZE_ENUM(Skip, {{Skip::sum, "sum"}, {Skip::concatenation, "concatenation"}, {Skip::none, "none"}})
NLOHMANN_JSON_SERIALIZE_ENUM(NetHead, {{NetHead::flatten, "flatten"}, {NetHead::pooled, "pooled"}})

// The words an option takes, for messages.
inline std::string words_of(NetInput) { return "rgb, planes"; }
inline std::string words_of(NetKind) { return "drc, resnet"; }
inline std::string words_of(OutputGate) { return "tanh, sigmoid"; }
inline std::string words_of(Boundary) { return "fence, rim, none"; }
inline std::string words_of(Pooling) { return "per_channel, full, none"; }
inline std::string words_of(Skip) { return "sum, concatenation, none"; }
inline std::string words_of(NetHead) { return "flatten, pooled"; }

// Whether the value is one of the option's words; it is read then. The library maps unknown words to the first value, so
// the round trip is what tells.
template <class Option>
bool read_word(const nlohmann::json& value, Option& option) {
  if (!value.is_string() || nlohmann::json(value.get<Option>()) != value) return false;
  option = value.get<Option>();
  return true;
}

// Calls visit(name, option) for the options that came after the first files: where they are as published, files leave them
// out, and so stay as they were.
template <class Shape, class Visit>
void for_each_later_option(Shape& shape, Visit&& visit) {
  visit("kind", shape.kind);
  visit("output_gate", shape.output_gate);
  visit("boundary", shape.boundary);
  visit("pooling", shape.pooling);
  visit("skip", shape.skip);
  visit("head", shape.head);
}

}  // namespace boxwarp
