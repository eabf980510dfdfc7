// Levels to play, and a way of playing them that resets environments in between.
#pragma once

#include "tests/host/engine/twin.hpp"
#include "tests/oracle/random_boards.hpp"

namespace boxwarp::test {

// Easy levels of several sizes, so that random play solves some, and random rooms with anything in them.
inline Texts small_levels() {
  Texts texts = {{"#####", "#@$.#", "#####"},
                 {"#####", "# * #", "#*@*#", "# * #", "#####"},  // given solved; most actions undo it
                 {"######", "#@   #", "# $ .#", "#    #", "######"},
                 {"######", "# .  #", "# $  #", "# +$ #", "######"},
                 {"#####", "#. ##", "# $@#", "#  .#", "#####"},
                 {"##########", "#        #", "# .$  $. #", "#   @    #", "#  ....  #", "##########"}};
  oracle::Numbers numbers(11);
  for (int i = 0; i < 40; ++i) texts.push_back(oracle::random_room_of_any_size(10, 10, numbers));
  texts.push_back(oracle::random_room(10, 10, numbers));
  return texts;
}

inline Texts large_levels() {
  Texts texts = small_levels();
  oracle::Numbers numbers(12);
  for (int i = 0; i < 30; ++i) texts.push_back(oracle::random_room_of_any_size(24, 31, numbers));
  return texts;
}

inline Texts largest_levels() {
  oracle::Numbers numbers(13);
  return {oracle::random_room(64, 64, numbers), oracle::random_room(64, 3, numbers), oracle::random_room(3, 64, numbers),
          oracle::random_room(40, 40, numbers)};
}

inline std::vector<ObservationFormat> every_format(Layout layout) {
  std::vector<ObservationFormat> formats;
  for (const Observation kind : {Observation::rgb, Observation::packed, Observation::cells})
    formats.push_back({.kind = kind, .layout = layout});
  for (const Observation kind : {Observation::planes, Observation::planes4})
    for (const Element element : {Element::u8, Element::bf16, Element::f32})
      formats.push_back({.kind = kind, .layout = layout, .element = element});
  return formats;
}

// Every picture that an observation can be.
inline std::vector<ObservationFormat> every_observation() {
  std::vector<ObservationFormat> formats = {{.kind = Observation::none}};
  for (const int tile : {8, 16}) formats.push_back({.kind = Observation::pixels, .tile = tile});
  for (const Layout layout : {Layout::chw, Layout::hwc})
    for (const ObservationFormat& format : every_format(layout)) formats.push_back(format);
  return formats;
}

// Plays, with resets of some environments in between: in order, by id, and of none; and once in another engine.
inline void play(Twin& twin, int steps, bool partial_resets) {
  oracle::Numbers numbers(5);
  const std::size_t count = twin.count();
  const auto levels_there = static_cast<int>(twin.env().levels().view().count);
  twin.start();
  for (int i = 1; i <= steps && !testing::Test::HasFatalFailure(); ++i) {
    SCOPED_TRACE("step " + std::to_string(i));
    if (i % 2 == 0) {
      twin.step_at_random();
    } else {
      std::vector<std::int32_t> actions(count);
      for (std::size_t e = 0; e < count; ++e)
        actions[e] = twin.looks_at_action(e) ? numbers.below(twin.env().num_actions())
                                             : 5 + numbers.below(250) * (numbers.one_in(2) ? 1 : -1);
      twin.step(actions);
    }
    if (i == 17) twin.go_on_elsewhere();
    if (partial_resets && i % 23 == 0) {
      std::vector<std::uint8_t> mask(count);
      std::vector<std::int64_t> levels(count);
      for (std::size_t e = 0; e < count; ++e) {
        mask[e] = numbers.one_in(3);
        levels[e] = numbers.below(levels_there + 1) - 1;
      }
      const int kind = numbers.below(5);
      if (kind == 0) twin.reset({}, {});
      if (kind == 1) twin.reset(mask, {});
      if (kind == 2) twin.reset({}, levels);
      if (kind == 3) twin.reset(mask, levels);
      if (kind == 4) twin.reset(std::vector<std::uint8_t>(count), {});
    }
    if (i % 50 == 0) {
      for (const Layout layout : {Layout::chw, Layout::hwc})
        for (const ObservationFormat& format : every_format(layout)) twin.expect_rendered(format);
    }
  }
}

}  // namespace boxwarp::test
