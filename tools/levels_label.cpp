// boxwarp levels label: the fewest pushes and moves of levels, and where recorded plays gave them away.
#include <fmt/format.h>

#include "levels/error.hpp"
#include "levels/file_bytes.hpp"
#include "levels/game.hpp"
#include "levels/pack.hpp"
#include "levels/parse/lurd.hpp"
#include "tools/labels_file.hpp"
#include "tools/levels.hpp"
#include "tools/output_file.hpp"
#include "tools/progress.hpp"

namespace boxwarp {

namespace {

constexpr std::int64_t kMebibyte = 1 << 20;

// Every list of moves of the file, each a play of the level that it names (the first where it names none).
std::vector<LabelledPlay> plays_of(const std::string& path, const LevelSet& set) {
  std::vector<LabelledPlay> plays;
  for (const Lurd& lurd : parse_lurd(path, bytes_of(path))) {
    const std::int64_t level = std::max<std::int64_t>(lurd.level, 1);
    if (level > set.size()) throw BadInput(fmt::format("{}: moves for level {}, but there are {}", path, level, set.size()));
    LabelledPlay& play = plays.emplace_back();
    play.level = level - 1;
    for (const char letter : lurd.moves) play.actions.push_back(static_cast<std::uint8_t>(lurd_action(letter)));
  }
  return plays;
}

std::int64_t count_labels(const LevelSet& set, std::int32_t pushes) {
  std::int64_t count = 0;
  for (const auto& [id, label] : set.labels()) count += label.pushes == pushes;
  return count;
}

}  // namespace

int levels_label(int argc, char** argv) {
  Arguments arguments(
      "levels label",
      "Tells for every level the fewest pushes, the fewest moves and a solution with the fewest pushes; or, with --lurd,\n"
      "for every step of recorded plays how many pushes are needed from there on, and whether the step gave some away.",
      "PATH... --out FILE [OPTION...]",
      "  boxwarp levels label my_levels.txt --out labels.npz\n"
      "  boxwarp levels label boxoban-like-test --out labels.npz\n"
      "  boxwarp levels label made.boxwarp --out labelled.boxwarp\n"
      "  boxwarp levels label my_levels.txt --lurd played.lurd --out plays.npz\n");
  auto add = arguments.add();
  add("o,out", "file to write, which must not exist: .npz for NumPy, .boxwarp for the levels with their labels in one file",
      cxxopts::value<std::string>(), "FILE");
  add("lurd", "plays to label: moves in LURD notation, lines \"; 12\" say for which level", cxxopts::value<std::string>(),
      "FILE");
  add("nodes", "boards to look at for a level before giving up", by_default("10000000"), "N");
  add("memory", "mebibytes for boards, shared out over the threads", by_default("2048"), "MB");
  add("threads", "levels solved at a time, 0: as many as there are cores", by_default("0"), "K");
  arguments.add_lenient();
  add("quiet", "no progress");
  if (!arguments.parse(argc, argv, "PATH")) return 0;
  const std::string out = arguments.required("out");
  const bool packs = out.ends_with(".boxwarp"), quiet = arguments.flag("quiet");
  if (!packs && !out.ends_with(".npz"))
    throw BadInput(fmt::format("--out: found {}, takes a name with .npz or .boxwarp", out));
  if (packs && arguments.has("lurd")) throw BadInput("--lurd: labels of plays go to a .npz file");
  check_output("out", out);
  const SolveBudget budget{.nodes = arguments.integer("nodes", 1, std::int64_t{1} << 40),
                           .bytes = arguments.integer("memory", 1, std::int64_t{1} << 30) * kMebibyte};
  const int threads = arguments.threads();

  LevelSet set = arguments.levels(arguments.positionals());
  if (arguments.has("lurd")) {
    const std::vector<LabelledPlay> plays = plays_of(arguments.text("lurd"), set);
    write_new_file(out, play_archive(set, plays, budget, threads, quiet));
    fmt::print("{}: {} plays\n", out, grouped(static_cast<std::int64_t>(plays.size())));
    return 0;
  }
  complete_labels(set, budget, threads, quiet);
  write_new_file(out, packs ? packed(set) : label_archive(set));
  fmt::print("{}: {}, {} proved unsolvable, {} not known\n", out, counted(set.size(), "level", "levels"),
             grouped(count_labels(set, kNoSolution)), grouped(count_labels(set, kNotKnown)));
  return 0;
}

}  // namespace boxwarp
