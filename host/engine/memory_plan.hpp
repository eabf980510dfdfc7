// A device's memory taken once: every array is named first, then one block is taken for all of them.
#pragma once

#include <cstddef>
#include <limits>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace boxwarp {

struct MemoryPart {
  std::string name;
  std::size_t bytes;
};

std::string bytes_text(std::size_t bytes);  // "1.50 GiB", "12.0 MiB", "100 B"

// MemoryPlan plan("environments");
// plan.add("boards", &state.boxes, n);
// plan.add("rewards", &output.reward, n);
// tell(plan.bytes());
// plan.place(memory->take(plan.what(), plan.bytes(), plan.parts()));  // state.boxes and output.reward now point into it
class MemoryPlan {
 public:
  explicit MemoryPlan(std::string what) : what_(std::move(what)) {}

  // array: where place() writes the address, aligned to 256 bytes; it must live until then. Arrays of one name are summed in
  // messages. Throws std::length_error for a count that no machine has memory for.
  template <class T>
  void add(const std::string& name, T** array, std::size_t count) {
    if (count > std::numeric_limits<std::size_t>::max() / 1024 / sizeof(T)) throw std::length_error(what_ + ", " + name);
    add(
        name, count * sizeof(T), [](void* at, void* address) { *static_cast<T**>(at) = static_cast<T*>(address); }, array);
  }

  const std::string& what() const { return what_; }
  std::size_t bytes() const { return bytes_; }                     // of the block
  const std::vector<MemoryPart>& parts() const { return parts_; }  // by name, in the order of their first arrays

  // Has take() take all of it from the program's own memory. Throws DeviceError with the sizes needed where the machine has
  // not as much, or does not give it.
  template <class Take>
  void take_near(Take&& take) const {
    demand_machine_has_it();
    try {
      take();
    } catch (const std::bad_alloc&) {
      refuse("the system does not give it");
    }
  }

  // Writes the addresses in a block of so many bytes, aligned to 256 (null for arrays of nothing).
  void place(void* block) const;

 private:
  using Write = void (*)(void* at, void* address);
  struct Array {
    std::size_t offset, bytes;
    Write write;
    void* at;
  };
  void add(const std::string& name, std::size_t bytes, Write write, void* at);
  void demand_machine_has_it() const;
  [[noreturn]] void refuse(const std::string& why) const;

  std::string what_;
  std::vector<MemoryPart> parts_;
  std::vector<Array> arrays_;
  std::size_t bytes_ = 0;
};

}  // namespace boxwarp
