// The options of one subcommand: cxxopts, with errors that name the option and say what it takes.
#pragma once

#include <cstdint>
#include <cxxopts.hpp>
#include <memory>
#include <string>
#include <vector>

#include "kernels/net/net.hpp"
#include "levels/level_set.hpp"

namespace boxwarp {

// For Arguments::add(): a value that is this text where the option is not given.
std::shared_ptr<cxxopts::Value> by_default(const std::string& text);

class Arguments {
 public:
  // command: "eval"; usage: what follows the name, "--weights FILE --levels PATH"; examples: lines for the end of --help.
  Arguments(std::string command, std::string summary, const std::string& usage, std::string examples);

  // Declares options as cxxopts does; give every value the type std::string and read it with the functions below.
  cxxopts::OptionAdder add();
  void add_lenient();  // --lenient, for levels() below

  // False: --help was asked for and printed. Throws BadInput for an unknown option, a missing value, or an argument that is
  // no option where none are taken (positionals: what they are called in messages, null for none taken).
  bool parse(int argc, char** argv, const char* positionals = nullptr);

  bool has(const std::string& name) const;  // given on the command line
  bool flag(const std::string& name) const;
  std::string text(const std::string& name) const;                // the last one given, or the default
  std::string required(const std::string& name) const;            // BadInput if not given
  std::vector<std::string> texts(const std::string& name) const;  // all that were given, in order; commas do not split
  std::vector<std::string> list(const std::string& name) const;   // "a,b" of text(name), in order
  const std::vector<std::string>& positionals() const { return positionals_; }

  // The value as a number within [lowest, highest], else BadInput that names the option, the value and the range.
  std::int64_t integer(const std::string& name, std::int64_t lowest, std::int64_t highest) const;
  double number(const std::string& name, double lowest, double highest) const;
  // bf16, bf16-wgmma or float32, else BadInput likewise.
  Precision precision(const std::string& name) const;
  std::vector<std::int64_t> integers(const std::string& name, std::int64_t lowest, std::int64_t highest) const;  // "0,1,2"
  // --threads: 0 for as many as there are cores.
  int threads() const;

  // The levels that these paths name (levels/level_set.hpp). With --lenient bad ones are left out, and stderr says which.
  LevelSet levels(const std::vector<std::string>& paths, LoadOptions options = {}) const;

 private:
  std::string command_, examples_;
  cxxopts::Options options_;
  cxxopts::ParseResult result_;
  std::vector<std::string> positionals_;
};

}  // namespace boxwarp
