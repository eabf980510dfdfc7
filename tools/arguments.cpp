#include "tools/arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "host/learner/net_options.hpp"
#include "levels/error.hpp"

namespace boxwarp {

namespace {

constexpr std::size_t kHelpWidth = 110;

std::int64_t parsed_integer(const std::string& option, const std::string& text, std::int64_t lowest, std::int64_t highest) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < lowest || value > highest) {
    throw BadInput(fmt::format("--{}: found '{}', expected a whole number from {} to {}", option, text, lowest, highest));
  }
  return value;
}

}  // namespace

std::shared_ptr<cxxopts::Value> by_default(const std::string& text) {
  return cxxopts::value<std::string>()->default_value(text);
}

Arguments::Arguments(std::string command, std::string summary, const std::string& usage, std::string examples)
    : command_(std::move(command)), examples_(std::move(examples)), options_("boxwarp " + command_, std::move(summary)) {
  options_.custom_help(usage);
  options_.positional_help("");
  options_.set_width(kHelpWidth);
  options_.add_options()("h,help", "print this help");
}

cxxopts::OptionAdder Arguments::add() { return options_.add_options(); }

void Arguments::add_lenient() { add()("lenient", "leave bad levels out, and say which, instead of failing"); }

bool Arguments::parse(int argc, char** argv, const char* positionals) {
  try {
    result_ = options_.parse(argc, argv);
  } catch (const cxxopts::exceptions::exception& error) {
    std::string options;
    for (const cxxopts::HelpOptionDetails& option : options_.group_help("").options) {
      for (const std::string& name : option.l) options += (options.empty() ? "--" : ", --") + name;
    }
    throw BadInput(fmt::format("{}: {}; the options are {}", command_, error.what(), options));
  }
  if (result_.count("help") != 0) {
    fmt::print("{}\nExamples:\n{}", options_.help(), examples_);
    return false;
  }
  // Not cxxopts' own positionals: those split at commas, which names of levels may hold.
  positionals_ = result_.unmatched();
  if (positionals == nullptr && !positionals_.empty()) {
    throw BadInput(fmt::format("{}: found '{}', expected an option; an option with several values is given several times",
                               command_, positionals_.front()));
  }
  if (positionals != nullptr && positionals_.empty()) {
    throw BadInput(fmt::format("{}: {} missing; see boxwarp {} --help", command_, positionals, command_));
  }
  return true;
}

bool Arguments::has(const std::string& name) const { return result_.count(name) != 0; }

bool Arguments::flag(const std::string& name) const { return result_[name].as<bool>(); }

std::string Arguments::text(const std::string& name) const { return result_[name].as<std::string>(); }

std::string Arguments::required(const std::string& name) const {
  if (!has(name)) throw BadInput(fmt::format("{}: --{} is missing; see boxwarp {} --help", command_, name, command_));
  return text(name);
}

std::vector<std::string> Arguments::texts(const std::string& name) const {
  std::vector<std::string> values;
  for (const cxxopts::KeyValue& given : result_.arguments()) {
    if (given.key() == name) values.push_back(given.value());
  }
  return values;
}

std::vector<std::string> Arguments::list(const std::string& name) const {
  const std::string given = text(name);
  std::vector<std::string> values;
  for (std::size_t from = 0; from <= given.size();) {
    const std::size_t comma = std::min(given.find(',', from), given.size());
    values.push_back(given.substr(from, comma - from));
    from = comma + 1;
  }
  return values;
}

std::int64_t Arguments::integer(const std::string& name, std::int64_t lowest, std::int64_t highest) const {
  return parsed_integer(name, text(name), lowest, highest);
}

double Arguments::number(const std::string& name, double lowest, double highest) const {
  const std::string given = text(name);
  double value = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
  if (error != std::errc{} || end != given.data() + given.size() || !(value >= lowest && value <= highest)) {
    throw BadInput(fmt::format("--{}: found '{}', expected a number from {} to {}", name, given, lowest, highest));
  }
  return value;
}

std::vector<std::int64_t> Arguments::integers(const std::string& name, std::int64_t lowest, std::int64_t highest) const {
  std::vector<std::int64_t> values;
  for (const std::string& value : list(name)) values.push_back(parsed_integer(name, value, lowest, highest));
  return values;
}

int Arguments::threads() const { return static_cast<int>(integer("threads", 0, 1024)); }

LevelSet Arguments::levels(const std::vector<std::string>& paths, LoadOptions options) const {
  options.lenient = flag("lenient");
  std::vector<std::string> warnings;
  LevelSet set = load_levels(paths, options, &warnings);
  for (const std::string& warning : warnings) fmt::print(stderr, "left out: {}\n", warning);
  return set;
}

Precision Arguments::precision(const std::string& name) const { return option_named<Precision>("--" + name, text(name)); }

}  // namespace boxwarp
