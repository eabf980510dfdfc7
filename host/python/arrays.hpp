// NumPy arrays that the extension makes, and checks of those that it is given.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace boxwarp::python {

using Shape = std::vector<std::size_t>;
using Floats = nanobind::ndarray<const float, nanobind::c_contig, nanobind::device::cpu>;
using Bytes = nanobind::ndarray<const std::uint8_t, nanobind::c_contig, nanobind::device::cpu>;

std::string text_of(const Shape& shape);  // "(3, 10, 10)"

std::string text_of(nanobind::dlpack::dtype type);  // "float32"

// Throws BadInput that names the array unless it has this shape.
void demand_shape(const char* name, const Floats& array, const Shape& shape);
void demand_shape(const char* name, const Bytes& array, const Shape& shape);

// An array that owns its memory, which is not initialised.
template <class T>
class NewArray {
 public:
  explicit NewArray(Shape shape) : shape_(std::move(shape)) {
    std::size_t size = 1;
    for (const std::size_t length : shape_) size *= length;
    data_.reset(new T[size]);
  }
  T* data() const { return data_.get(); }
  // Gives the memory to Python; once.
  nanobind::object give() {
    T* data = data_.release();
    const nanobind::capsule owner(data, [](void* address) noexcept { delete[] static_cast<T*>(address); });
    return nanobind::cast(nanobind::ndarray<nanobind::numpy, T>(data, shape_.size(), shape_.data(), owner));
  }

 private:
  Shape shape_;
  std::unique_ptr<T[]> data_;
};

}  // namespace boxwarp::python
