// boxwarp levels generate, retrograde method: levels drawn from all starts of rooms.
#include <fmt/format.h>

#include <atomic>

#include "host/cpu/thread_pool.hpp"
#include "levels/error.hpp"
#include "levels/generate/generate.hpp"
#include "levels/generate/starts.hpp"
#include "levels/level_set.hpp"
#include "levels/pack.hpp"
#include "tools/levels.hpp"
#include "tools/progress.hpp"

namespace boxwarp {

namespace {

struct Asked {
  StartOptions options;
  std::int64_t count = 0, first = 0;
  std::uint64_t seed = 0;
};

// Reads every option and tells all mistakes at once.
Asked asked(const Arguments& arguments) {
  std::string mistakes;
  const auto mistake = [&](const std::string& text) { mistakes += (mistakes.empty() ? "" : "\n") + text; };
  const auto tried = [&](auto&& read, const char* before = "") {
    try {
      read();
    } catch (const BadInput& error) {
      mistake(fmt::format("{}{}", before, error.what()));
    }
  };
  Asked result;
  StartOptions& options = result.options;
  const int kinds = arguments.has("like") + arguments.has("pushes") + arguments.flag("hardest");
  if (kinds == 0) mistake("--method retrograde: takes --like, --pushes or --hardest with it");
  if (kinds > 1) mistake("--like, --pushes and --hardest each ask for other levels: take one of them");
  for (const char* name : {"moves", "turns", "corners", "luck", "longest", "easiest-first", "distinct", "exclude"}) {
    if (arguments.has(name)) mistake(fmt::format("--{}: only reverse play takes this", name));
  }
  if (arguments.has("like")) {
    tried([&] { options.like = option_named<Like>("--like", arguments.text("like")); });
    for (const char* name : {"size", "boxes", "walk"}) {
      if (arguments.has(name)) mistake(fmt::format("--{}: --like decides this", name));
    }
  }
  GenerateOptions generate = unset_options();
  for (const char* key : {"size", "boxes", "walk", "count", "first", "seed"}) {
    if (!arguments.has(key) && std::string_view(key) != "count") continue;
    try {
      set_option(generate, key, arguments.text(key));
    } catch (const BadInput& error) {
      mistake(fmt::format("--{}", error.what()));
    }
  }
  if (arguments.has("size")) {
    options.height = generate.play.height;
    options.width = generate.play.width;
  }
  if (arguments.has("boxes")) options.boxes = generate.play.boxes;
  options.walk = generate.play.walk;
  if (arguments.has("pushes")) tried([&] { set_pushes(options, arguments.text("pushes")); }, "--");
  options.hardest = arguments.flag("hardest");
  tried([&] { options.boards = arguments.integer("boards", 1, std::int64_t{1} << 31); });
  if (!mistakes.empty()) throw BadInput(mistakes);
  result.options = completed(options);
  result.count = generate.count;
  result.first = generate.first;
  result.seed = generate.seed;
  return result;
}

std::vector<StartLevel> made(const Asked& asked, int threads, bool quiet) {
  ThreadPool pool(threads);
  std::vector<StartGenerator> generators;
  for (int worker = 0; worker < pool.threads(); ++worker) generators.emplace_back(asked.options);
  Progress progress(asked.count, "levels", quiet);
  std::vector<StartLevel> levels(static_cast<std::size_t>(asked.count));
  std::atomic<std::int64_t> done = 0;
  pool.run(asked.count, [&](std::int64_t i, int worker) {
    levels[static_cast<std::size_t>(i)] =
        generators[static_cast<std::size_t>(worker)].level(asked.seed, static_cast<std::uint64_t>(asked.first + i));
    const std::int64_t so_far = ++done;
    if (worker == 0) progress.update(so_far);
  });
  progress.update(asked.count);
  progress.finish();
  return levels;
}

}  // namespace

int generate_starts(const Arguments& arguments) {
  const Asked what = asked(arguments);
  const std::string out = arguments.required("out");
  const std::vector<StartLevel> levels = made(what, arguments.threads(), arguments.flag("quiet") || out == kTerminal);
  std::string content;
  LevelSet set;
  const std::int32_t file = set.add_file(to_string(what.options, what.seed));
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const std::int64_t id = what.first + static_cast<std::int64_t>(i);
    if (out.ends_with(".boxwarp")) {
      LevelRows level = levels[i].level;
      level.title = levels[i].by_reverse_play ? "reverse play" : "";  // a pack has labels for the rest
      set.add(level, {file, id});
      set.set_label(set.size() - 1, {.pushes = levels[i].pushes, .moves = kNotKnown, .solution = {}});
    } else {
      content += text_entry(levels[i].level, id);
    }
    if (levels[i].by_reverse_play) {
      fmt::print(stderr, "level {}: more than {} boards in its rooms, so made by reverse play and checked by the solver\n",
                 id, grouped(what.options.boards));
    }
  }
  if (out.ends_with(".boxwarp")) content = packed(set);
  write_made(out, content, what.count);
  return 0;
}

}  // namespace boxwarp
