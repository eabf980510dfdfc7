// The words of the options of a network and of its files, and how JSON has the values of options: for weights and for
// configurations of trainings.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "host/learner/weight_names.hpp"
#include "kernels/net/net.hpp"
#include "levels/option_words.hpp"

namespace boxwarp {

constexpr auto words(NetInput) {
  return std::to_array<Word<NetInput>>({{"rgb", NetInput::rgb}, {"planes", NetInput::planes}});
}
constexpr auto words(NetKind) { return std::to_array<Word<NetKind>>({{"drc", NetKind::drc}, {"resnet", NetKind::resnet}}); }
constexpr auto words(OutputGate) {
  return std::to_array<Word<OutputGate>>({{"tanh", OutputGate::tanh}, {"sigmoid", OutputGate::sigmoid}});
}
constexpr auto words(Boundary) {
  return std::to_array<Word<Boundary>>({{"fence", Boundary::fence}, {"rim", Boundary::rim}, {"none", Boundary::none}});
}
constexpr auto words(Pooling) {
  return std::to_array<Word<Pooling>>(
      {{"per_channel", Pooling::per_channel}, {"full", Pooling::full}, {"none", Pooling::none}});
}
constexpr auto words(Skip) {
  return std::to_array<Word<Skip>>({{"sum", Skip::sum}, {"concatenation", Skip::concatenation}, {"none", Skip::none}});
}
constexpr auto words(NetHead) {
  return std::to_array<Word<NetHead>>({{"flatten", NetHead::flatten}, {"pooled", NetHead::pooled}});
}

constexpr auto words(Precision) {
  return std::to_array<Word<Precision>>(
      {{"bf16", Precision::bf16}, {"bf16-wgmma", Precision::bf16_wgmma}, {"float32", Precision::float32}});
}

constexpr auto words(WeightNames) {
  return std::to_array<Word<WeightNames>>({{"torch", WeightNames::torch}, {"flax", WeightNames::flax}});
}

// The word as JSON has it: text, but true and false where those are the words.
template <HasWords Option>
nlohmann::ordered_json word_in_json(Option option) {
  const std::string_view word = word_of(option);
  if (word == "true" || word == "false") return word == "true";
  return word;
}

// Whether the value is one of the option's words; it is read then.
template <class Json, HasWords Option>
bool read_word(const Json& value, Option& option) {
  for (const Word<Option>& word : words(option)) {
    if (value != Json(word_in_json(word.value))) continue;
    option = word.value;
    return true;
  }
  return false;
}

// Whether a whole number is one of the type's, exactly: its largest may have no double of its own.
template <class Integer, class Json>
bool fits(const Json& value) {
  if (value.is_number_float())
    return value.template get<double>() >= static_cast<double>(std::numeric_limits<Integer>::min()) &&
           value.template get<double>() < std::ldexp(1.0, std::numeric_limits<Integer>::digits);
  return value.is_number_unsigned() ? std::in_range<Integer>(value.template get<std::uint64_t>())
                                    : std::in_range<Integer>(value.template get<std::int64_t>());
}

// Calls visit(name, option) for the options that came after the first files: where they are as published, files leave them
// out, and so stay as they were. The call has a third argument, what the option is.
template <class Shape, class Visit>
void for_each_later_option(Shape& shape, Visit&& visit) {
  visit("kind", shape.kind, "what the network is");
  visit("output_gate", shape.output_gate, "of each cell");
  visit("boundary", shape.boundary, "how the edge of the board is marked");
  visit("pooling", shape.pooling, "how each cell sees the whole board");
  visit("skip", shape.skip, "what the head sees beside the last layer: the encoder's map added, put beside it, or nothing");
  visit("head", shape.head, "flatten: the head sees every cell; pooled: maximum and mean, so that boards may have any size");
}

}  // namespace boxwarp
