#include "tests/ptx/text.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace boxwarp::ptx {

namespace {

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool is_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' || c == '%' || c == '.';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

[[noreturn]] void refuse(const std::string& what, std::string_view where) {
  throw BadText(what + ": " + std::string(trimmed(where.substr(0, 200))));
}

// Reads from the front.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  // Spaces and comments.
  void skip() {
    for (;;) {
      while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
      if (rest_.starts_with("//")) {
        line();
      } else if (rest_.starts_with("/*")) {
        const std::size_t end = rest_.find("*/");
        if (end == std::string_view::npos) refuse("a comment without an end", rest_);
        rest_.remove_prefix(end + 2);
      } else {
        return;
      }
    }
  }
  bool done() {
    skip();
    return rest_.empty();
  }
  bool takes(char c) {
    skip();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view line() { return until('\n'); }
  std::string_view until(char end) {
    const std::size_t at = rest_.find(end);
    if (at == std::string_view::npos) refuse(std::string("no '") + end + "' after", rest_);
    const std::string_view text = rest_.substr(0, at);
    rest_.remove_prefix(at + 1);
    return text;
  }
  std::string_view name() {
    skip();
    std::size_t size = 0;
    while (size < rest_.size() && is_name(rest_[size])) ++size;
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }
  // A name, but with "::" in it, as in shared::cta.
  std::string_view opcode() {
    skip();
    std::size_t size = 0;
    while (size < rest_.size() && (is_name(rest_[size]) || rest_[size] == ':')) ++size;
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }
  // What stands between the braces of which the first is taken already.
  std::string_view braces() {
    int depth = 1;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] == '{') ++depth;
      if (rest_[i] == '}' && --depth == 0) {
        const std::string_view text = rest_.substr(0, i);
        rest_.remove_prefix(i + 1);
        return text;
      }
    }
    refuse("braces without an end", rest_);
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && (text[i] == '{' || text[i] == '[')) ++depth;
    if (i < text.size() && (text[i] == '}' || text[i] == ']')) --depth;
    if (i < text.size() && (text[i] != by || depth > 0)) continue;
    if (const std::string_view part = trimmed(text.substr(begin, i - begin)); !part.empty()) parts.push_back(part);
    begin = i + 1;
  }
  return parts;
}

// ".shared .align 16 .b8 name[32] = {1, 2}"
Variable read_variable(std::string_view text) {
  Variable variable{.name = {}, .shared = false, .alignment = 1, .bytes = 0, .values = {}};
  Reader reader(text);
  std::size_t element = 0;
  for (std::string_view word = reader.name(); !word.empty(); word = reader.name()) {
    if (word == ".shared")
      variable.shared = true;
    else if (word == ".align")
      variable.alignment = static_cast<std::size_t>(read_number(reader.name()));
    else if (word == ".extern" || word == ".global" || word == ".const" || word == ".visible" || word == ".weak")
      continue;
    else if (word.starts_with('.'))
      element = bytes_of_type(word.substr(1));
    else
      variable.name = word;
  }
  if (variable.name.empty() || element == 0) refuse("a variable that is not understood", text);
  std::size_t count = 1;
  if (reader.takes('[')) {
    const std::string_view size = trimmed(reader.until(']'));
    count = size.empty() ? 0 : static_cast<std::size_t>(read_number(size));
  }
  variable.bytes = count * element;
  variable.alignment = std::max(variable.alignment, element);
  if (reader.takes('=')) {
    if (!reader.takes('{')) refuse("values without braces", text);
    for (const std::string_view number : split(reader.braces(), ',')) {
      const auto value = static_cast<std::uint64_t>(read_number(number));
      for (std::size_t i = 0; i < element; ++i) variable.values.push_back(static_cast<std::byte>(value >> (8 * i)));
    }
  }
  return variable;
}

void read_statement(std::string_view text, Statement& statement) {
  Reader reader(text);
  if (reader.takes('@')) {
    statement.guard_negated = reader.takes('!');
    statement.guard = reader.name();
  }
  statement.parts = split(reader.opcode(), '.');
  if (statement.parts.empty()) refuse("no instruction", text);
  statement.operands = split(reader.rest(), ',');
}

void read_registers(std::string_view text, std::uint32_t scope, std::vector<Declaration>& registers) {
  Reader reader(text);
  reader.name();  // .reg
  const std::string_view type = reader.name().substr(1);
  for (const std::string_view name : split(reader.rest(), ',')) {
    const std::size_t numbered = name.find('<');
    registers.push_back({type, trimmed(name.substr(0, numbered)), scope});
  }
}

}  // namespace

std::size_t bytes_of_type(std::string_view type) {
  if (type.size() >= 2 && std::string_view("bsuf").find(type.front()) != std::string_view::npos) {
    const std::string_view bits = type.substr(1);
    if (bits == "8") return 1;
    if (bits == "16") return 2;
    if (bits == "32") return 4;
    if (bits == "64") return 8;
  }
  refuse("a type that is not understood", type);
}

std::int64_t read_number(std::string_view text) {
  std::string_view digits = trimmed(text);
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  int base = 10;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    digits.remove_prefix(2);
    base = 16;
  }
  if (digits.ends_with('U')) digits.remove_suffix(1);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || end != digits.data() + digits.size()) refuse("not a number", text);
  return static_cast<std::int64_t>(negative ? 0 - value : value);
}

ModuleText read_module(std::string_view text) {
  ModuleText module;
  Reader reader(text);
  while (!reader.done()) {
    const std::string_view before = reader.rest();
    const std::string_view word = reader.name();
    if (word == ".version" || word == ".target" || word == ".address_size") {
      reader.line();
    } else if (word == ".file") {
      const std::string_view line = reader.line();
      const auto number = static_cast<std::size_t>(read_number(line.substr(0, line.find('"'))));
      std::string_view path = line.substr(line.find('"') + 1);
      path = path.substr(0, path.find('"'));
      for (const std::string_view folder : {"/kernels/", "/tests/"})
        if (const std::size_t at = path.rfind(folder); at != std::string_view::npos) path = path.substr(at + 1);
      module.files.resize(std::max(module.files.size(), number + 1));
      module.files[number] = path;
    } else if (word == ".section") {
      reader.until('{');
      reader.braces();
    } else if (word == ".visible" || word == ".weak" || word == ".extern") {
      continue;
    } else if (word == ".entry") {
      EntryText entry{.name = reader.name(), .head = {}, .body = {}};
      entry.head = reader.until('{');
      entry.body = reader.braces();
      module.entries.push_back(entry);
    } else if (word == ".global" || word == ".const" || word == ".shared") {
      reader.until(';');
      module.variables.push_back(read_variable(before.substr(0, before.find(';'))));
    } else {
      refuse("not understood outside of a kernel", before);
    }
  }
  return module;
}

BodyText read_body(std::string_view text) {
  BodyText body;
  body.scopes.push_back({0});
  std::uint32_t scope = 0;
  SourceLine at;
  Reader reader(text);
  while (!reader.done()) {
    if (reader.takes('{')) {
      body.scopes.push_back({scope});
      scope = static_cast<std::uint32_t>(body.scopes.size() - 1);
      continue;
    }
    if (reader.takes('}')) {
      scope = body.scopes[scope].parent;
      continue;
    }
    Reader ahead = reader;
    const std::string_view word = ahead.name();
    if (word == ".loc") {
      reader = ahead;
      const std::vector<std::string_view> numbers = split(reader.line(), ' ');
      at = {static_cast<std::uint32_t>(read_number(numbers.at(0))), static_cast<std::uint32_t>(read_number(numbers.at(1)))};
      continue;
    }
    if (!word.empty() && ahead.takes(':') && !ahead.rest().starts_with(':')) {
      reader = ahead;
      body.statements.push_back({.label = word, .guard = {}, .parts = {}, .operands = {}, .at = at, .scope = scope});
      continue;
    }
    const std::string_view statement = reader.until(';');
    if (word == ".reg") {
      read_registers(statement, scope, body.registers);
    } else if (word == ".shared") {
      body.variables.push_back(read_variable(statement));
    } else if (word == ".pragma") {
      continue;
    } else {
      body.statements.push_back({.label = {}, .guard = {}, .parts = {}, .operands = {}, .at = at, .scope = scope});
      read_statement(statement, body.statements.back());
    }
  }
  return body;
}

std::vector<Parameter> read_parameters(std::string_view head, std::vector<std::string_view>& names) {
  std::vector<Parameter> parameters;
  const std::size_t open = head.find('('), close = head.find(')');
  if (open == std::string_view::npos || close == std::string_view::npos) return parameters;
  std::size_t end = 0;
  for (const std::string_view text : split(head.substr(open + 1, close - open - 1), ',')) {
    Reader reader(text);
    if (reader.name() != ".param") refuse("not a parameter", text);
    const Variable variable = read_variable(reader.rest());
    const std::size_t offset = (end + variable.alignment - 1) / variable.alignment * variable.alignment;
    names.push_back(variable.name);
    parameters.push_back({offset, variable.bytes});
    end = offset + variable.bytes;
  }
  return parameters;
}

unsigned read_most_threads(std::string_view head) {
  constexpr std::string_view kWord = ".maxntid";
  const std::size_t at = head.find(kWord);
  if (at == std::string_view::npos) return 1024;
  const std::string_view numbers = head.substr(at + kWord.size());
  return static_cast<unsigned>(read_number(numbers.substr(0, numbers.find_first_of(",\n"))));
}

}  // namespace boxwarp::ptx
