#include "host/python/arrays.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "levels/error.hpp"

namespace boxwarp::python {

namespace {

template <class Array>
void demand(const char* name, const Array& array, const Shape& shape) {
  Shape found;
  for (std::size_t i = 0; i < array.ndim(); ++i) found.push_back(array.shape(i));
  if (found != shape) throw BadInput(fmt::format("{}: found the shape {}, takes {}", name, text_of(found), text_of(shape)));
}

}  // namespace

std::string text_of(const Shape& shape) {
  return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

std::string text_of(nanobind::dlpack::dtype type) {
  using Code = nanobind::dlpack::dtype_code;
  const auto is = [&type](Code code) { return type.code == static_cast<std::uint8_t>(code); };
  if (is(Code::Bool)) return "bool";
  const char* kind = is(Code::Int)      ? "int"
                     : is(Code::UInt)   ? "uint"
                     : is(Code::Float)  ? "float"
                     : is(Code::Bfloat) ? "bfloat"
                                        : "unknown";
  return fmt::format("{}{}", kind, type.bits);
}

void demand_shape(const char* name, const Floats& array, const Shape& shape) { demand(name, array, shape); }
void demand_shape(const char* name, const Bytes& array, const Shape& shape) { demand(name, array, shape); }

}  // namespace boxwarp::python
