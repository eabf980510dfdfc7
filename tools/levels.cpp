// boxwarp levels: files of levels, looked at, checked, packed and made.
#include "tools/levels.hpp"

#include <fmt/format.h>

#include <string_view>

#include "levels/error.hpp"
#include "tools/command.hpp"

namespace boxwarp {

namespace {

struct Part {
  std::string_view name;
  int (*run)(int argc, char** argv);
  std::string_view summary;
};

constexpr Part kParts[] = {
    {"check", levels_check, "which levels of files are good, and what is wrong with the others"},
    {"info", levels_info, "how many levels, of what sizes, with how many boxes, how hard"},
    {"compare", levels_compare, "two sets side by side"},
    {"show", levels_show, "print levels, or draw them"},
    {"pack", levels_pack, "write levels into one packed file"},
    {"generate", levels_generate, "make levels that have a solution"},
    {"label", levels_label, "fewest pushes and moves of levels, and where plays gave them away"},
    {"dedupe", levels_dedupe, "each level once, up to turning and reflecting"},
    {"split", levels_split, "parts for training, validation and test that share no level"},
    {"overlap", levels_overlap, "levels that two sets have in common"},
};

constexpr std::string_view kAbout =
    "\nLevels are text (Boxoban files, collections in XSB notation, .sok, run lengths), XML (.slc), packed files, folders "
    "of\n"
    "these, patterns such as 'sets/*.sok', names of shipped sets such as boxoban-like-test, or made on the spot:\n"
    "generated:size=7x7,boxes=1,count=1000,seed=3 or generated:like=boxoban,seed=7. All are accepted wherever levels are\n"
    "named.\n"
    "\nExamples:\n"
    "  boxwarp levels check my_levels.txt\n"
    "  boxwarp levels show my_levels.txt --level 3\n"
    "  boxwarp levels generate --size 8x8 --boxes 2 --count 100 --seed 1 --out made.txt\n"
    "  boxwarp levels PART --help    options of a part, with examples\n";

void print_help() {
  fmt::print("Files of levels, looked at, checked, packed and made\nUsage:\n  boxwarp levels PART [OPTION...]\n\nParts:\n");
  for (const Part& part : kParts) fmt::print("  {:<9} {}\n", part.name, part.summary);
  fmt::print("{}", kAbout);
}

}  // namespace

int levels_command(int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  if (name == "--help" || name == "-h") {
    print_help();
    return 0;
  }
  std::string names;
  for (const Part& part : kParts) {
    if (part.name == name) return part.run(argc - 1, argv + 1);
    names += fmt::format("{}{}", names.empty() ? "" : ", ", part.name);
  }
  throw BadInput(fmt::format("levels: {}; the parts are {}",
                             name.empty() ? "what to do is missing" : fmt::format("found '{}'", name), names));
}

}  // namespace boxwarp
