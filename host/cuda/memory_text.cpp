#include <fmt/format.h>

#include "host/cuda/memory.hpp"

namespace boxwarp {

std::string bytes_text(std::size_t bytes) {
  constexpr std::size_t kibi = 1024;
  const auto value = static_cast<double>(bytes);
  if (bytes >= kibi * kibi * kibi) return fmt::format("{:.2f} GiB", value / (kibi * kibi * kibi));
  if (bytes >= kibi * kibi) return fmt::format("{:.1f} MiB", value / (kibi * kibi));
  if (bytes >= kibi) return fmt::format("{:.1f} KiB", value / kibi);
  return fmt::format("{} B", bytes);
}

std::string does_not_fit_text(const std::string& what, std::size_t bytes, const std::vector<MemoryPart>& parts,
                              FreeMemory memory) {
  std::string list;
  for (const MemoryPart& part : parts)
    list += fmt::format("{}{} {}", list.empty() ? " (" : ", ", part.name, bytes_text(part.bytes));
  if (!list.empty()) list += ")";
  return fmt::format("{}: {} of device memory needed{}, {} of {} free", what, bytes_text(bytes), list,
                     bytes_text(memory.free_bytes), bytes_text(memory.total_bytes));
}

}  // namespace boxwarp
