#include "levels/generate/start_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "levels/error.hpp"
#include "levels/generate/generate.hpp"
#include "levels/generate/likeness.hpp"

namespace boxwarp {

namespace {

constexpr int kMostPushes = 10'000;  // that may be asked for

}  // namespace

std::string to_string(const StartOptions& options, std::uint64_t seed) {
  if (options.like) return fmt::format("{}like={},seed={}", kGeneratedPrefix, word_of(*options.like), seed);
  const std::string pushes =
      options.hardest ? "hardest=1" : fmt::format("pushes={}:{}", options.min_pushes, options.max_pushes);
  return fmt::format("{}size={}x{},boxes={},walk={},{},boards={},seed={}", kGeneratedPrefix, options.height, options.width,
                     options.boxes, options.walk, pushes, options.boards, seed);
}

void set_pushes(StartOptions& options, std::string_view text) {
  const std::size_t colon = std::min(text.find_first_of(":-"), text.size());
  int* const ends[] = {&options.min_pushes, &options.max_pushes};
  const std::string_view parts[] = {text.substr(0, colon), colon == text.size() ? text : text.substr(colon + 1)};
  for (const std::size_t end : {0, 1}) {
    const auto [stop, failure] = std::from_chars(parts[end].data(), parts[end].data() + parts[end].size(), *ends[end]);
    if (failure != std::errc{} || stop != parts[end].data() + parts[end].size()) *ends[end] = 0;
  }
  if (options.min_pushes < 1 || options.max_pushes < options.min_pushes || options.max_pushes > kMostPushes) {
    throw BadInput(fmt::format("pushes: found '{}', expected LEAST:MOST, from 1 to {}, as in 10:30", text, kMostPushes));
  }
}

bool names_starts(std::string_view text) {
  if (!text.starts_with(kGeneratedPrefix)) return false;
  bool found = false;
  try {
    for_each_pair(text, [&found](std::string_view key, std::string_view) {
      found = found || key == "like" || key == "pushes" || key == "hardest";
    });
  } catch (const BadInput&) {
    // Whoever reads the text tells what is wrong with it.
  }
  return found;
}

StartSource parse_starts(std::string_view text) {
  StartSource source;
  GenerateOptions plain = unset_options();
  int kinds = 0;
  bool has_size = false, has_boxes = false, has_walk = false;
  for_each_pair(text, [&](std::string_view key, std::string_view value) {
    if (key == "like") {
      ++kinds;
      source.options.like = option_named<Like>("like", value);
    } else if (key == "pushes") {
      ++kinds;
      set_pushes(source.options, value);
    } else if (key == "hardest") {
      ++kinds;
      if (value != "1") throw BadInput(fmt::format("hardest={}: expected 1", value));
      source.options.hardest = true;
    } else if (key == "boards") {
      const auto [stop, failure] = std::from_chars(value.data(), value.data() + value.size(), source.options.boards);
      if (failure != std::errc{} || stop != value.data() + value.size() || source.options.boards < 1)
        throw BadInput(fmt::format("boards={}: expected a whole number, 1 or more", value));
    } else if (key == "moves" || key == "turns") {
      throw BadInput(fmt::format("{}: only reverse play takes this, which like, pushes and hardest are not", key));
    } else {
      has_size |= key == "size";
      has_boxes |= key == "boxes";
      has_walk |= key == "walk";
      source.has_count |= key == "count";
      set_option(plain, key, value);
    }
  });
  if (kinds != 1) throw BadInput(fmt::format("{}: takes one of like, pushes and hardest", text));
  if (source.options.like && (has_size || has_boxes || has_walk))
    throw BadInput(fmt::format("{}: like decides size, boxes and walk", text));
  if (has_size) {
    source.options.height = plain.play.height;
    source.options.width = plain.play.width;
  }
  if (has_boxes) source.options.boxes = plain.play.boxes;
  source.options.walk = plain.play.walk;
  source.options = completed(source.options);
  source.seed = plain.seed;
  source.first = plain.first;
  source.count = plain.count;
  return source;
}

StartOptions completed(StartOptions options) {
  if (options.like) {
    options.height = options.width = kSmallSize;
    options.boxes = 4;
    options.walk = search::kLikeWalk;
  }
  GenerateOptions generate = unset_options();
  generate.play.height = options.height;
  generate.play.width = options.width;
  generate.play.boxes = options.boxes;
  generate.play.walk = options.walk;
  options.walk = completed(generate).play.walk;
  return options;
}

}  // namespace boxwarp
