#include <fmt/format.h>

#include "host/cuda/memory.hpp"

namespace boxwarp {

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
