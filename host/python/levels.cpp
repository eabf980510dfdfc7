#include "host/python/levels.hpp"

#include <fmt/format.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <utility>
#include <variant>

#include "levels/game.hpp"
#include "levels/pack.hpp"
#include "levels/parse/text.hpp"

namespace boxwarp::python {

namespace nb = nanobind;

namespace {

constexpr char kTextName[] = "<text>";

// " .$@" for a cell code, as levels are written.
constexpr char kLetters[] = {'#', ' ', '.', '*', '$', '@', '+'};

std::shared_ptr<const LevelBank> bank_of(LevelSet set) { return std::make_shared<const LevelBank>(std::move(set)); }

LevelSet set_of(const ParsedFile& file, bool lenient, std::vector<std::string>& skipped) {
  for (const LevelError& error : file.errors) {
    const std::string line = described(file.path, error);
    if (!lenient) throw LevelFault(line);
    skipped.push_back(line);
  }
  LevelSet set;
  const std::int32_t number = set.add_file(file.path);
  for (const ParsedLevel& parsed : file.levels) set.add(parsed.level, {.file = number, .ordinal = parsed.ordinal - 1});
  if (set.size() == 0) throw LevelFault(fmt::format("{}: no level is left", file.path));
  return set;
}

// The number of a level as it is counted from the front.
std::int64_t number_of(const LevelBank& bank, std::int64_t id) {
  if (id < 0 || id >= bank.levels().size()) throw nb::index_error("no level with this number");
  return id;
}

// Those levels in a set of their own, with their titles, labels and origins.
std::shared_ptr<const LevelBank> part_of(const LevelBank& bank, const nb::slice& slice) {
  const LevelSet& all = bank.levels();
  const auto [start, stop, step, count] = slice.compute(static_cast<std::size_t>(all.size()));
  LevelSet part;
  for (const std::string& file : all.files()) part.add_file(file);
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t id = start + static_cast<std::int64_t>(i) * step;
    part.add(all.level(id), all.origin(id));
    if (const auto label = all.labels().find(id); label != all.labels().end())
      part.set_label(static_cast<std::int64_t>(i), label->second);
  }
  return bank_of(std::move(part));
}

std::string described(const LevelBank& bank) {
  const LevelSet& levels = bank.levels();
  return fmt::format("<boxwarp.Levels: {} level{}, {}x{}{}>", levels.size(), levels.size() == 1 ? "" : "s", levels.height(),
                     levels.width(), levels.size() == 1 ? "" : " the largest");
}

}  // namespace

std::shared_ptr<const LevelBank> levels_from_paths(const std::vector<std::string>& paths, bool lenient,
                                                   std::vector<std::string>& skipped) {
  try {
    return bank_of(load_levels(paths, {.lenient = lenient}, &skipped));
  } catch (const BadInput& error) {
    throw LevelFault(error.what());
  }
}

std::shared_ptr<const LevelBank> levels_from_text(const std::string& text, bool lenient, std::vector<std::string>& skipped) {
  return bank_of(set_of(parse_text(kTextName, text), lenient, skipped));
}

std::shared_ptr<const LevelBank> levels_from_codes(const CodeArray& codes) {
  if (codes.ndim() != 2 && codes.ndim() != 3)
    throw LevelFault(
        fmt::format("levels: found an array of {} dimensions, takes cell codes (H, W) or (L, H, W)", codes.ndim()));
  const std::size_t count = codes.ndim() == 3 ? codes.shape(0) : 1;
  const std::size_t height = codes.shape(codes.ndim() - 2), width = codes.shape(codes.ndim() - 1);
  const std::uint8_t* code = codes.data();
  ParsedFile file{.path = "<array>", .levels = {}, .errors = {}};
  std::vector<std::string> rows(height);
  for (std::size_t level = 0; level < count; ++level) {
    for (std::string& row : rows) {
      row.assign(width, ' ');
      for (char& cell : row) {
        if (*code >= kCellCodes)
          throw LevelFault(fmt::format("levels: level {} holds code {}, codes are 0 to {}", level, *code, kCellCodes - 1));
        cell = kLetters[*code++];
      }
    }
    BoardText board{.rows = {}, .ordinal = static_cast<std::int64_t>(level) + 1, .title = {}, .alphabet = Alphabet::xsb};
    for (const std::string& row : rows) board.rows.push_back({.cells = row, .line = 0, .columns = {}});
    add(file, level_of(board));
  }
  std::vector<std::string> none;
  return bank_of(set_of(file, false, none));
}

void bind_levels(nb::module_& module) {
  using Loaded = std::pair<std::shared_ptr<const LevelBank>, std::vector<std::string>>;
  nb::class_<LevelBank>(module, "Levels",
                        "A set of levels in memory. Levels are numbered from 0; levels[7] gives the rows of one, over the "
                        "characters ' #@+$*.', levels[:100] a set of the first hundred. It can be pickled.")
      .def_prop_ro(
          "count", [](const LevelBank& bank) { return bank.levels().size(); }, "number of levels")
      .def_prop_ro(
          "height", [](const LevelBank& bank) { return bank.levels().height(); }, "rows of the largest level")
      .def_prop_ro(
          "width", [](const LevelBank& bank) { return bank.levels().width(); }, "columns of the largest level")
      .def_prop_ro(
          "files", [](const LevelBank& bank) { return bank.levels().files(); }, "the files that levels come from")
      .def_prop_ro("fingerprint", &LevelBank::fingerprint, "differs between sets that play differently")
      .def("__len__", [](const LevelBank& bank) { return bank.levels().size(); })
      .def("__repr__", &described)
      .def(
          "__getitem__",
          [](const LevelBank& bank, std::int64_t id) {
            return to_text(bank.levels().level(number_of(bank, id < 0 ? id + bank.levels().size() : id)));
          },
          nb::arg("id"))
      .def("__getitem__", &part_of, nb::arg("ids"))
      .def(
          "__iter__", [](nb::handle self) { return nb::steal(PySeqIter_New(self.ptr())); },
          nb::sig("def __iter__(self) -> collections.abc.Iterator[list[str]]"))
      .def("__getstate__",
           [](const LevelBank& bank) {
             const std::string bytes = packed(bank.levels());
             return nb::bytes(bytes.data(), bytes.size());
           })
      .def("__setstate__",
           [](LevelBank& bank, const nb::bytes& state) {
             new (&bank) LevelBank(unpacked({state.c_str(), state.size()}));
           })
      .def(
          "text", [](const LevelBank& bank, std::int64_t id) { return to_text(bank.levels().level(number_of(bank, id))); },
          nb::arg("id"), "Rows of a level, over the characters ' #@+$*.'.")
      .def(
          "origin",
          [](const LevelBank& bank, std::int64_t id) {
            const LevelOrigin origin = bank.levels().origin(number_of(bank, id));
            return std::pair<std::int32_t, std::int64_t>(origin.file, origin.ordinal);
          },
          nb::arg("id"), "(index of the file, index in it), both from 0.");
  module.def(
      "levels_from_paths",
      [](const std::vector<std::string>& paths, bool lenient) {
        std::vector<std::string> skipped;
        const nb::gil_scoped_release unlocked;
        auto bank = levels_from_paths(paths, lenient, skipped);
        return Loaded(std::move(bank), std::move(skipped));
      },
      nb::arg("paths"), nb::arg("lenient") = false, "(levels, a line for each level that was left out).");
  module.def(
      "levels_from_text",
      [](const std::string& text, bool lenient) {
        std::vector<std::string> skipped;
        const nb::gil_scoped_release unlocked;
        auto bank = levels_from_text(text, lenient, skipped);
        return Loaded(std::move(bank), std::move(skipped));
      },
      nb::arg("text"), nb::arg("lenient") = false, "(levels, a line for each level that was left out).");
  module.def("levels_from_codes", &levels_from_codes, nb::arg("codes"),
             "Levels from cell codes, uint8 (H, W) or (L, H, W).");
}

}  // namespace boxwarp::python
