#include "tests/ptx/decoding.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstring>
#include <unordered_map>

namespace boxwarp::ptx {

namespace {

constexpr std::size_t kLine = 64;  // of a cache: where registers begin

std::size_t whole_lines(std::size_t bytes) { return (bytes + kLine - 1) / kLine * kLine; }

// "%rd" of "%rd12".
std::string_view without_number(std::string_view name) {
  while (!name.empty() && std::isdigit(static_cast<unsigned char>(name.back())) != 0) name.remove_suffix(1);
  return name;
}

std::uint64_t hexadecimal(std::string_view digits) {
  std::uint64_t bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) throw BadText("not a number: " + std::string(digits));
  return bits;
}

std::string text_of(const Statement& statement) {
  std::string text;
  for (const std::string_view part : statement.parts) text += (text.empty() ? "" : ".") + std::string(part);
  for (const std::string_view operand : statement.operands) text += " " + std::string(operand);
  return text;
}

bool decode_branch(const Statement& statement, const std::unordered_map<std::string_view, std::uint32_t>& labels,
                   Instruction& instruction) {
  const std::string_view op = statement.parts[0];
  if (op == "ret" || op == "exit") {
    instruction.kind = Kind::exit;
  } else if (op == "bra") {
    const auto label = labels.find(statement.operands.at(0));
    if (label == labels.end()) throw BadText("no label " + std::string(statement.operands[0]));
    instruction.kind = Kind::branch;
    instruction.target = label->second;
  } else if (op == "trap") {
    instruction.run = [](Warp& warp, const Instruction& i) { warp.fail(i, first_lane(warp), "trap"); };
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::vector<std::string_view> listed(std::string_view text) {
  if (!text.starts_with('{')) return {text};
  std::vector<std::string_view> names;
  text.remove_prefix(1);
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(",}");
    std::string_view name = text.substr(0, end);
    while (!name.empty() && (name.front() == ' ' || name.front() == '\t')) name.remove_prefix(1);
    while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
    if (!name.empty()) names.push_back(name);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return names;
}

const Declaration& Decoding::declaration(std::string_view name, std::uint32_t& scope) const {
  for (scope = scope_;; scope = body_.scopes[scope].parent) {
    for (const Declaration& declaration : body_.registers)
      if (declaration.scope == scope && (declaration.name == name || declaration.name == without_number(name)))
        return declaration;
    if (scope == 0) throw BadText("no register " + std::string(name));
  }
}

Register Decoding::reg(std::string_view name) {
  std::uint32_t scope = 0;
  if (name == "_") {
    auto& nowhere = registers_[{0, "_"}];
    if (nowhere.bytes == 0) {
      nowhere = {{static_cast<std::uint32_t>(kernel_.register_bytes), false}, 8};
      kernel_.register_bytes += kLanes * 8;
    }
    return nowhere;
  }
  const Declaration& found = declaration(name, scope);
  const auto [place, is_new] = registers_.try_emplace({scope, std::string(name)});
  if (is_new) {
    const std::size_t bytes = found.type == "pred" ? 0 : std::max<std::size_t>(4, bytes_of_type(found.type));
    place->second = {{static_cast<std::uint32_t>(kernel_.register_bytes), false}, bytes};
    kernel_.register_bytes += whole_lines(bytes == 0 ? sizeof(std::uint32_t) : kLanes * bytes);
  }
  return place->second;
}

Operand Decoding::constant(std::uint64_t bits, std::size_t bytes) {
  const std::size_t width = std::max<std::size_t>(4, bytes);
  const auto [place, is_new] = constants_.try_emplace({bits, width});
  if (is_new) {
    place->second = {static_cast<std::uint32_t>(kernel_.constants.size()), true};
    const std::size_t first = kernel_.constants.size();
    kernel_.constants.resize(first + whole_lines(kLanes * width));
    for (unsigned lane = 0; lane < kLanes; ++lane) std::memcpy(&kernel_.constants[first + lane * width], &bits, width);
  }
  return place->second;
}

Operand Decoding::value(std::string_view text, std::size_t bytes) {
  if (text.starts_with('%')) {
    const Register found = reg(text);
    if (found.bytes != std::max<std::size_t>(4, bytes)) throw BadText("a register of another size: " + std::string(text));
    return found.place;
  }
  if (const auto symbol = symbols_.find(text); symbol != symbols_.end()) return constant(symbol->second, bytes);
  if (text.starts_with("0f") || text.starts_with("0d") || text.starts_with("0F") || text.starts_with("0D"))
    return constant(hexadecimal(text.substr(2)), bytes);
  return constant(static_cast<std::uint64_t>(read_number(text)), bytes);
}

Operand Decoding::predicate(std::string_view text) {
  if (std::isdigit(static_cast<unsigned char>(text.front())) == 0 && text.front() != '-') return reg(text).place;
  return constant(read_number(text) != 0 ? kAllLanes : 0, sizeof kAllLanes);
}

std::uint32_t Decoding::add_list(const std::vector<std::string_view>& registers) {
  const auto first = static_cast<std::uint32_t>(kernel_.lists.size());
  for (const std::string_view name : registers) kernel_.lists.push_back(target(name));
  return first;
}

Decoding::Address Decoding::address(std::string_view text) {
  if (!text.starts_with('[') || !text.ends_with(']')) throw BadText("not an address: " + std::string(text));
  text = text.substr(1, text.size() - 2);
  const std::size_t plus = text.find('+');
  const std::string_view base = text.substr(0, plus);
  Address address{.base = {}, .base_bytes = 8, .offset = 0};
  if (plus != std::string_view::npos) address.offset = read_number(text.substr(plus + 1));
  if (base.starts_with('%')) {
    const Register found = reg(base);
    address.base = found.place;
    address.base_bytes = found.bytes;
  } else {
    address.base = value(base, 8);
  }
  return address;
}

Kernel decode(const EntryText& entry, const ModuleText& module, const std::vector<std::uint64_t>& variable_addresses) {
  Kernel kernel;
  kernel.name = entry.name;
  kernel.files = module.files;
  kernel.most_threads = read_most_threads(entry.head);
  std::vector<std::string_view> parameter_names;
  kernel.parameters = read_parameters(entry.head, parameter_names);
  const BodyText body = read_body(entry.body);

  Decoding names(kernel, body);
  for (std::size_t i = 0; i < parameter_names.size(); ++i) names.add_symbol(parameter_names[i], kernel.parameters[i].offset);
  const auto add_shared = [&](const Variable& variable) {
    if (variable.bytes == 0) return;
    kernel.shared_bytes = (kernel.shared_bytes + variable.alignment - 1) / variable.alignment * variable.alignment;
    names.add_symbol(variable.name, kernel.shared_bytes);
    kernel.shared_bytes += variable.bytes;
  };
  for (std::size_t i = 0; i < module.variables.size(); ++i) {
    if (module.variables[i].shared)
      add_shared(module.variables[i]);
    else
      names.add_symbol(module.variables[i].name, variable_addresses[i]);
  }
  for (const Variable& variable : body.variables) add_shared(variable);
  kernel.shared_bytes = (kernel.shared_bytes + 15) / 16 * 16;
  for (const Variable& variable : module.variables)
    if (variable.shared && variable.bytes == 0) names.add_symbol(variable.name, kernel.shared_bytes);

  std::unordered_map<std::string_view, std::uint32_t> labels;
  std::uint32_t count = 0;
  for (const Statement& statement : body.statements) {
    if (statement.label.empty())
      ++count;
    else
      labels[statement.label] = count;
  }
  for (const Statement& statement : body.statements) {
    if (!statement.label.empty()) continue;
    Instruction instruction;
    instruction.at = statement.at;
    names.enter(statement.scope);
    try {
      if (!statement.guard.empty()) {
        instruction.guarded = true;
        instruction.guard_negated = statement.guard_negated;
        instruction.guard = names.reg(statement.guard).place;
      }
      bool known = decode_branch(statement, labels, instruction);
      for (const auto& area :
           {decode_integers, decode_bits, decode_floats, decode_moves, decode_conversions, decode_predicates, decode_memory,
            decode_copies, decode_warps, decode_tiles, decode_warpgroups, decode_barriers})
        known = known || area(statement, names, instruction);
      if (!known) throw BadText("an instruction that is not understood");
      if (instruction.guarded && (instruction.kind == Kind::together || instruction.kind == Kind::barrier))
        throw BadText("lanes that meet under a predicate, which is not here");
    } catch (const std::exception& error) {
      throw BadText(kernel.name + ": " + text_of(statement) + ": " + error.what());
    }
    kernel.instructions.push_back(instruction);
  }
  kernel.instructions.emplace_back();  // a text that runs out ends its lanes
  kernel.instructions.back().kind = Kind::exit;
  return kernel;
}

}  // namespace boxwarp::ptx
