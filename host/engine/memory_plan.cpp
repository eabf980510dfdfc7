#include "host/engine/memory_plan.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "kernels/executor.hpp"

namespace boxwarp {

namespace {

constexpr std::size_t kAlignment = 256;  // of what cudaMalloc gives

}  // namespace

std::string bytes_text(std::size_t bytes) {
  constexpr std::size_t kibi = 1024;
  const auto value = static_cast<double>(bytes);
  if (bytes >= kibi * kibi * kibi) return fmt::format("{:.2f} GiB", value / (kibi * kibi * kibi));
  if (bytes >= kibi * kibi) return fmt::format("{:.1f} MiB", value / (kibi * kibi));
  if (bytes >= kibi) return fmt::format("{:.1f} KiB", value / kibi);
  return fmt::format("{} B", bytes);
}

void MemoryPlan::add(const std::string& name, std::size_t bytes, Write write, void* at) {
  const auto known = std::find_if(parts_.begin(), parts_.end(), [&](const MemoryPart& part) { return part.name == name; });
  if (known == parts_.end()) {
    parts_.push_back({name, bytes});
  } else {
    known->bytes += bytes;
  }
  arrays_.push_back({.offset = bytes_, .bytes = bytes, .write = write, .at = at});
  bytes_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// A system gives out more than it has, and ends programs that come to use it.
void MemoryPlan::demand_machine_has_it() const {
  const auto has = static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  if (bytes_ > has) refuse("the machine has " + bytes_text(has));
}

void MemoryPlan::refuse(const std::string& why) const {
  std::string list;
  for (const MemoryPart& part : parts_)
    list += fmt::format("{}{} {}", list.empty() ? "" : ", ", part.name, bytes_text(part.bytes));
  throw DeviceError(fmt::format("{}: {} of memory needed ({}), {}", what_, bytes_text(bytes_), list, why));
}

void MemoryPlan::place(void* block) const {
  for (const Array& array : arrays_)
    array.write(array.at, array.bytes == 0 ? nullptr : static_cast<std::byte*>(block) + array.offset);
}

}  // namespace boxwarp
