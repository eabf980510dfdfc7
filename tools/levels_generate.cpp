// boxwarp levels generate: levels made by reverse play, sifted by what a search through all their boards says.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "host/cpu/thread_pool.hpp"
#include "levels/error.hpp"
#include "levels/generate/generate.hpp"
#include "levels/layout.hpp"
#include "levels/level_set.hpp"
#include "levels/pack.hpp"
#include "levels/solve/explore.hpp"
#include "tools/arguments.hpp"
#include "tools/levels.hpp"
#include "tools/output_file.hpp"
#include "tools/progress.hpp"

namespace boxwarp {

namespace {

constexpr std::int64_t kBatch = 256;             // levels made at a time; more than enough for every thread
constexpr std::int64_t kPatience = 100'000;      // levels left out in a row before giving up
constexpr std::int64_t kMostBoards = 2'000'000;  // that a search may visit: about a gigabyte
constexpr int kRandomSteps = 120;

// What a level must be to stay.
struct Sieve {
  int corners = 0;  // at least
  double luck = 1;  // at most
  int longest = 0;  // shortest solution in moves at most; 0: any
  bool distinct = false;
  bool ordered = false;                // by luck, so that all must be searched
  std::set<std::vector<Row>> layouts;  // of the levels that are left out or, if distinct, taken already

  bool searches() const { return corners > 0 || luck < 1 || longest > 0 || ordered; }

  // Called by several threads at once. level_luck: the chance of random play, where a search was made.
  bool passes_search(const LevelRows& level, double& level_luck) const {
    if (!searches()) return true;
    const auto found = explore(level, kRandomSteps, kMostBoards);
    if (!found)
      throw BadInput(
          "--corners, --luck, --longest and --easiest-first: too many boards for a search; ask for smaller rooms or fewer "
          "boxes");
    level_luck = found->random_solution;
    return found->fewest_corners >= corners && found->random_solution <= luck &&
           (longest == 0 || found->fewest_moves <= longest);
  }

  bool passes_layout(const LevelRows& level) {
    if (layouts.empty() && !distinct) return true;
    std::vector<Row> layout = layout_of(level);
    return distinct ? layouts.insert(std::move(layout)).second : !layouts.contains(layout);
  }
};

struct Made {
  std::vector<LevelRows> levels;
  std::vector<std::int64_t> ids;
  std::vector<double> luck;
};

// The easiest first: those that random play solves most often; equals stay in order.
Made easiest_first(const Made& made) {
  std::vector<std::size_t> order(made.levels.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&made](std::size_t a, std::size_t b) { return made.luck[a] > made.luck[b]; });
  Made sorted;
  for (const std::size_t i : order) {
    sorted.levels.push_back(made.levels[i]);
    sorted.ids.push_back(made.ids[i]);
    sorted.luck.push_back(made.luck[i]);
  }
  return sorted;
}

Made make(const GenerateOptions& options, Sieve& sieve, int threads, bool quiet) {
  Made made;
  ThreadPool pool(threads);
  Progress progress(options.count, "levels", quiet);
  std::int64_t missed = 0;
  for (std::int64_t first = options.first;; first += kBatch) {
    std::vector<LevelRows> batch(kBatch);
    std::vector<char> good(kBatch);
    std::vector<double> luck(kBatch);
    pool.run(kBatch, [&](std::int64_t i, int) {
      const auto at = static_cast<std::size_t>(i);
      batch[at] = generate_level(options, options.seed, static_cast<std::uint64_t>(first + i));
      good[at] = sieve.passes_search(batch[at], luck[at]);
    });
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (!good[i] || !sieve.passes_layout(batch[i])) {
        if (++missed < kPatience) continue;
        throw BadInput(fmt::format("found {} of {} levels, then none among {}; ask for larger rooms or less of them",
                                   made.levels.size(), options.count, kPatience));
      }
      missed = 0;
      made.levels.push_back(std::move(batch[i]));
      made.ids.push_back(first + static_cast<std::int64_t>(i));
      made.luck.push_back(luck[i]);
      progress.update(static_cast<std::int64_t>(made.levels.size()));
      if (static_cast<std::int64_t>(made.levels.size()) == options.count) {
        progress.finish();
        return sieve.ordered ? easiest_first(made) : made;
      }
    }
  }
}

std::string as_file(const Made& made, const GenerateOptions& options, bool packs) {
  std::string text;
  LevelSet set;
  const std::int32_t file = set.add_file(to_string(options));
  for (std::size_t i = 0; i < made.levels.size(); ++i) {
    if (packs) {
      set.add(made.levels[i], {file, made.ids[i]});
    } else {
      text += text_entry(made.levels[i], made.ids[i]);
    }
  }
  return packs ? packed(set) : text;
}

bool chosen_retrograde(const Arguments& arguments) {
  const bool implied = arguments.has("like") || arguments.has("pushes") || arguments.flag("hardest");
  const std::string method = arguments.has("method") ? arguments.text("method") : implied ? "retrograde" : "reverse";
  if (method != "reverse" && method != "retrograde") {
    throw BadInput(fmt::format("--method: found '{}', expected reverse or retrograde", method));
  }
  if (method == "reverse" && implied) throw BadInput("--like, --pushes and --hardest need --method retrograde");
  if (method == "reverse" && arguments.has("boards")) throw BadInput("--boards: only the retrograde method takes this");
  return method == "retrograde";
}

Arguments declared() {
  Arguments arguments(
      "levels generate",
      "Makes levels that have a solution: a room carved by a random walk, then play backwards from its solution.\n"
      "A level depends on its options, the seed and its number alone. Numbers that are sifted out are passed over.",
      "--out FILE [OPTION...]",
      "  boxwarp levels generate --size 7x7 --boxes 1 --count 1000 --seed 3 --out made.txt\n"
      "  boxwarp levels generate --size 10x10 --boxes 4 --count 100000 --out train.boxwarp\n"
      "  boxwarp levels generate --like boxoban --count 10000 --seed 7 -o like_boxoban.txt\n"
      "  boxwarp levels generate --size 8x8 --boxes 2 --pushes 10:15 --count 100 -o hard.txt\n"
      "  boxwarp levels generate --boxes 2 --count 1000 --corners 2 --luck 0.1 --distinct --seed 7 --out test.txt\n"
      "  boxwarp levels generate --boxes 2 --count 50000 --seed 8 --exclude test.txt --out train.boxwarp\n"
      "  boxwarp levels generate --size 64x64 --boxes 100 --count 1 --out -\n");
  auto add = arguments.add();
  add("size", "height x width, rim included, each 3 to 64", by_default("7x7"), "HxW");
  add("boxes", "boxes of each level", by_default("1"), "B");
  add("count", "levels to make", by_default("1000"), "N");
  add("seed", "another seed makes other levels", by_default("0"), "S");
  add("first,first-id", "number of the first level", by_default("0"), "N");
  add("method",
      "reverse: play backwards from the solution; retrograde: draw from all starts of a room, whose fewest pushes are then "
      "known and stand in the title (what --like, --pushes and --hardest imply)",
      cxxopts::value<std::string>(), "METHOD");
  add("like", "retrograde: levels like those of Boxoban's unfiltered, medium or hard set", cxxopts::value<std::string>(),
      "boxoban|medium|hard");
  add("pushes", "retrograde: fewest pushes, any number of this range", cxxopts::value<std::string>(), "A:B");
  add("hardest", "retrograde: the start of each room that needs the most pushes");
  add("boards", "retrograde: boards that a search may find before reverse play and the solver take over",
      by_default("400000"), "N");
  add("moves", "moves played backwards, drawn from this range; by default 8 to 120, more with many boxes",
      cxxopts::value<std::string>(), "A:B");
  add("turns", "corners in the ways of the boxes, at least", by_default("0"), "K");
  add("walk", "steps of the walk that carves the room; by default by size and boxes", cxxopts::value<std::string>(), "K");
  add("corners", "keep levels whose every solution changes the direction of pushing so often", by_default("0"), "K");
  add("luck", fmt::format("keep levels that random play of {} steps solves with at most this chance", kRandomSteps),
      by_default("1"), "P");
  add("longest", "keep levels that can be solved in at most so many moves, 0: all", by_default("0"), "K");
  add("easiest-first", "in the file, put levels first that random play solves more often");
  add("distinct", "no two levels with the same room, turned or not");
  add("exclude", "leave out rooms of these levels, turned or not; may be given several times", cxxopts::value<std::string>(),
      "PATH");
  add("o,out", "file to write, which must not exist; packed if it ends in .boxwarp, - for the terminal",
      cxxopts::value<std::string>(), "FILE");
  add("threads", "levels made at a time, 0: as many as there are cores", by_default("0"), "K");
  add("quiet", "no progress");
  return arguments;
}

// Tells all mistakes at once.
GenerateOptions options_of(const Arguments& arguments) {
  GenerateOptions options = unset_options();
  std::string mistakes;
  for (const char* key : {"size", "boxes", "count", "seed", "first", "moves", "turns", "walk"}) {
    if (!arguments.has(key) && (std::string_view(key) == "moves" || std::string_view(key) == "walk")) continue;
    try {
      set_option(options, key, arguments.text(key));
    } catch (const BadInput& mistake) {
      mistakes += fmt::format("{}--{}", mistakes.empty() ? "" : "\n", mistake.what());
    }
  }
  if (!mistakes.empty()) throw BadInput(mistakes);
  return completed(options);
}

Sieve sieve_of(const Arguments& arguments) {
  Sieve sieve{.corners = static_cast<int>(arguments.integer("corners", 0, 1000)),
              .luck = arguments.number("luck", 0, 1),
              .longest = static_cast<int>(arguments.integer("longest", 0, 1'000'000)),
              .distinct = arguments.flag("distinct"),
              .ordered = arguments.flag("easiest-first"),
              .layouts = {}};
  if (arguments.has("exclude")) {
    const LevelSet excluded = load_levels(arguments.texts("exclude"));
    for (std::int64_t id = 0; id < excluded.size(); ++id) sieve.layouts.insert(layout_of(excluded.level(id)));
  }
  return sieve;
}

}  // namespace

void write_made(const std::string& out, const std::string& content, std::int64_t count) {
  if (out == kTerminal) {
    fmt::print("{}", content);
    return;
  }
  write_new_file(out, content);
  fmt::print("{}: {}, {} bytes\n", out, counted(count, "level", "levels"),
             grouped(static_cast<std::int64_t>(content.size())));
}

int levels_generate(int argc, char** argv) {
  Arguments arguments = declared();
  if (!arguments.parse(argc, argv)) return 0;
  const std::string out = arguments.required("out");
  if (out != kTerminal) check_output("out", out);
  if (chosen_retrograde(arguments)) return generate_starts(arguments);
  const GenerateOptions options = options_of(arguments);
  Sieve sieve = sieve_of(arguments);
  const Made made = make(options, sieve, arguments.threads(), arguments.flag("quiet") || out == kTerminal);
  write_made(out, as_file(made, options, out.ends_with(".boxwarp")), options.count);
  return 0;
}

}  // namespace boxwarp
