// boxwarp levels dedupe, split and overlap: levels that are the same, up to turning and reflecting, found and kept apart.
#include "levels/splits.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "levels/error.hpp"
#include "levels/pack.hpp"
#include "tools/levels.hpp"
#include "tools/output_file.hpp"
#include "tools/progress.hpp"

namespace boxwarp {

namespace {

using Json = nlohmann::ordered_json;

// Some levels of a set as a file: packed, with their origins, if the name says so, else text with their numbers in the set.
std::string file_of(const LevelSet& set, const std::vector<std::int64_t>& levels, bool packs) {
  std::string text;
  LevelSet chosen;
  for (const std::string& file : set.files()) chosen.add_file(file);
  for (const std::int64_t id : levels) {
    if (packs) {
      chosen.add(set.level(id), set.origin(id));
      if (const auto label = set.labels().find(id); label != set.labels().end())
        chosen.set_label(chosen.size() - 1, label->second);
    } else {
      text += text_entry(set.level(id), id + 1);
    }
  }
  return packs ? packed(chosen) : text;
}

std::string place_of(const LevelSet& set, std::int64_t id) {
  const LevelOrigin origin = set.origin(id);
  return fmt::format("{}: level {}", set.files()[static_cast<std::size_t>(origin.file)], origin.ordinal + 1);
}

void add_sameness(Arguments& arguments) {
  arguments.add()("exact", "only equal boards are the same, not those turned, reflected or moved in their frame");
  arguments.add_lenient();
}

Sameness sameness_of(const Arguments& arguments) { return arguments.flag("exact") ? Sameness::exact : Sameness::symmetric; }

// "sets/made.txt" and "train" give "sets/made.train.txt".
std::filesystem::path with_part(const std::filesystem::path& path, const char* part) {
  std::filesystem::path name = path;
  return name.replace_extension(std::string(part) + path.extension().string());
}

}  // namespace

int levels_dedupe(int argc, char** argv) {
  Arguments arguments("levels dedupe", "Writes each level once: the first of those that are the same, in order.",
                      "PATH... --out FILE [OPTION...]",
                      "  boxwarp levels dedupe boxoban/medium --out medium.boxwarp\n"
                      "  boxwarp levels dedupe a.txt b.txt --exact --out both.txt\n");
  arguments.add()("o,out", "file to write, which must not exist; packed if it ends in .boxwarp",
                  cxxopts::value<std::string>(), "FILE");
  add_sameness(arguments);
  if (!arguments.parse(argc, argv, "PATH")) return 0;
  const std::string out = arguments.required("out");
  check_output("out", out);
  const LevelSet set = arguments.levels(arguments.positionals());
  const std::vector<std::int64_t> first = without_repeats(set, sameness_of(arguments));
  write_new_file(out, file_of(set, first, out.ends_with(".boxwarp")));
  const auto kept = static_cast<std::int64_t>(first.size());
  fmt::print("{}: {} kept, {} left out\n", out, counted(kept, "level", "levels"), grouped(set.size() - kept));
  return 0;
}

int levels_split(int argc, char** argv) {
  Arguments arguments(
      "levels split",
      "Draws levels for validation and test. Levels that are the same, turned, reflected or moved, stay in one\n"
      "part. NAME.txt gives NAME.train.txt, NAME.valid.txt and NAME.test.txt; NAME.boxwarp packed files.",
      "PATH... --out NAME [OPTION...]",
      "  boxwarp levels split made.boxwarp --out sets/made.boxwarp\n"
      "  boxwarp levels split made.txt --valid 0.1 --test 0.1 --seed 3 --out parts.txt\n");
  arguments.add()("valid", "share of levels for validation", by_default("0.01"), "P")("test", "share of levels for the test",
                                                                                      by_default("0.01"), "P")(
      "seed", "another seed draws others", by_default("0"), "S")("o,out", "name of the files to write, which must not exist",
                                                                 cxxopts::value<std::string>(), "NAME");
  arguments.add_lenient();
  if (!arguments.parse(argc, argv, "PATH")) return 0;
  const std::filesystem::path out = arguments.required("out");
  const double valid = arguments.number("valid", 0, 1), test = arguments.number("test", 0, 1);
  if (valid + test >= 1) throw BadInput("--valid and --test: nothing is left to train on; together they must be below 1");
  const auto seed = static_cast<std::uint64_t>(arguments.integer("seed", 0, std::int64_t{1} << 62));
  if (out.extension() != ".txt" && out.extension() != ".boxwarp") {
    throw BadInput(fmt::format("--out: found '{}', expected a name that ends in .txt or .boxwarp", out.string()));
  }
  for (const char* part : {"train", "valid", "test"}) check_output("out", with_part(out, part));
  const LevelSet set = arguments.levels(arguments.positionals());
  const Split parts = split(set, valid, test, seed);
  for (const auto& [part, levels] : {std::pair{"train", &parts.train}, {"valid", &parts.valid}, {"test", &parts.test}}) {
    if (levels->empty()) {
      fmt::print("{}: no level, not written\n", part);
      continue;
    }
    const std::filesystem::path path = with_part(out, part);
    write_new_file(path, file_of(set, *levels, out.extension() == ".boxwarp"));
    fmt::print("{}: {}\n", path.string(), counted(static_cast<std::int64_t>(levels->size()), "level", "levels"));
  }
  return 0;
}

int levels_overlap(int argc, char** argv) {
  Arguments arguments("levels overlap",
                      "Levels of B that are in A, too: turned, reflected or moved, unless --exact is given.",
                      "A B [OPTION...]",
                      "  boxwarp levels overlap boxoban/unfiltered/train boxoban/unfiltered/test\n"
                      "  boxwarp levels overlap train.boxwarp test.txt --exact --json\n");
  arguments.add()("json", "print one JSON object");
  add_sameness(arguments);
  if (!arguments.parse(argc, argv, "A and B are")) return 0;
  const std::vector<std::string>& paths = arguments.positionals();
  if (paths.size() != 2) throw BadInput(fmt::format("levels overlap: found {} sets, expected two, A and B", paths.size()));
  const LevelSet a = arguments.levels({paths[0]}), b = arguments.levels({paths[1]});
  const std::vector<Pair> pairs = overlap(a, b, sameness_of(arguments));
  if (arguments.flag("json")) {
    Json list = Json::array();
    const auto place = [](const LevelSet& set, std::int64_t id) {
      return Json{{"file", set.files()[static_cast<std::size_t>(set.origin(id).file)]},
                  {"ordinal", set.origin(id).ordinal + 1}};
    };
    for (const Pair& pair : pairs) list.push_back({{"a", place(a, pair.a)}, {"b", place(b, pair.b)}});
    const Json all{{"levels_a", a.size()}, {"levels_b", b.size()}, {"overlap", pairs.size()}, {"pairs", list}};
    fmt::print("{}\n", all.dump(2, ' ', false, Json::error_handler_t::replace));
    return 0;
  }
  for (const Pair& pair : pairs) fmt::print("{} is {}\n", place_of(b, pair.b), place_of(a, pair.a));
  fmt::print("{} of {} levels of B are among the {} of A\n", grouped(static_cast<std::int64_t>(pairs.size())),
             grouped(b.size()), grouped(a.size()));
  return 0;
}

}  // namespace boxwarp
