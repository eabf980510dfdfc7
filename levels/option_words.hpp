// The words of enumerations, one list for each, which files, C, Python and the command read, write and name in messages.
//
// An enumeration has words where a function words(Option) stands beside it: the value it is given only chooses the list.
#pragma once

#include <array>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include "levels/error.hpp"

namespace boxwarp {

template <class Option>
struct Word {
  std::string_view text;
  Option value;
};

template <class Option>
concept HasWords = requires(Option option) {
  words(option).begin()->text;
};

// "rgb, planes"
template <HasWords Option>
std::string words_of(Option) {
  std::string all;
  for (const Word<Option>& word : words(Option{})) all.append(all.empty() ? "" : ", ").append(word.text);
  return all;
}

template <HasWords Option>
std::string_view word_of(Option value) {
  for (const Word<Option>& word : words(value))
    if (word.value == value) return word.text;
  return {};
}

template <HasWords Option>
std::optional<Option> option_of(std::string_view text) {
  for (const Word<Option>& word : words(Option{}))
    if (word.text == text) return word.value;
  return std::nullopt;
}

// Throws BadInput that lists what is allowed. name: of the option, for the message.
template <HasWords Option>
Option option_named(std::string_view name, std::string_view text) {
  if (const std::optional<Option> found = option_of<Option>(text)) return *found;
  throw BadInput(std::string(name) + ": found '" + std::string(text) + "', takes one of " + words_of(Option{}));
}

}  // namespace boxwarp
