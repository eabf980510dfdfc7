// PTX as text, taken apart: kernels, their parameters, registers and statements. What an instruction means is none of its
// business. The language: "PTX ISA" of the CUDA Toolkit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/ptx/machine.hpp"

namespace boxwarp::ptx {

struct SourceLine {
  std::uint32_t file = 0, line = 0;  // 0: not told
};

// [@[!]guard] op.part.part operands;   or a label.
struct Statement {
  std::string_view label;  // of a statement that is nothing else
  std::string_view guard;  // a predicate register, or empty
  bool guard_negated = false;
  std::vector<std::string_view> parts;     // of the opcode: "ld", "global", "u32"
  std::vector<std::string_view> operands;  // "%r1", "[%rd2+8]", "{%f1, %f2}", "%r1|%p1", "12"
  SourceLine at;
  std::uint32_t scope = 0;  // of the braces around it, for names of registers
};

struct Declaration {
  std::string_view type, name;  // "b32", "%r"
  std::uint32_t scope;
};

struct Scope {
  std::uint32_t parent;  // its own number for the outermost
};

// A variable outside of kernels or one in shared memory.
struct Variable {
  std::string_view name;
  bool shared;
  std::size_t alignment, bytes;   // 0 bytes: as large as the launch says
  std::vector<std::byte> values;  // empty: zeros
};

struct EntryText {
  std::string_view name;
  std::string_view head, body;  // of parameters and directives; what stands between the outer braces
};

struct BodyText {
  std::vector<Statement> statements;
  std::vector<Declaration> registers;
  std::vector<Scope> scopes;
  std::vector<Variable> variables;
};

struct ModuleText {
  std::vector<EntryText> entries;
  std::vector<Variable> variables;
  std::vector<std::string> files;  // by number; short, from the folder of the project on
};

// They view the text, which must outlive them. Throw BadText.
ModuleText read_module(std::string_view text);
BodyText read_body(std::string_view body);
std::vector<Parameter> read_parameters(std::string_view head, std::vector<std::string_view>& names);
unsigned read_most_threads(std::string_view head);

std::size_t bytes_of_type(std::string_view type);  // "u32": 4; BadText for others
std::int64_t read_number(std::string_view text);   // decimal or hexadecimal, with a sign. Throws BadText

}  // namespace boxwarp::ptx
