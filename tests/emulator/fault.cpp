#include "emulator/fault.hpp"

#include <utility>

namespace boxwarp::emulator {

std::string listed(const std::vector<unsigned>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) last++;
    if (!text.empty()) text += ", ";
    text += std::to_string(numbers[i]);
    if (last > i) text += (last == i + 1 ? ", " : " to ") + std::to_string(numbers[last]);
    i = last + 1;
  }
  return text;
}

namespace {

std::string headed(const std::string& kernel, unsigned block, const std::vector<unsigned>& threads,
                   const std::string& what) {
  std::string text = "kernel " + kernel + ", block " + std::to_string(block);
  if (!threads.empty()) text += (threads.size() == 1 ? ", thread " : ", threads ") + listed(threads);
  return text + ": " + what;
}

}  // namespace

Fault::Fault(std::string in_kernel, unsigned in_block, std::vector<unsigned> in_threads, std::vector<std::string> in_lines,
             const std::string& what)
    : std::runtime_error(headed(in_kernel, in_block, in_threads, what)),
      kernel(std::move(in_kernel)),
      block(in_block),
      threads(std::move(in_threads)),
      lines(std::move(in_lines)) {}

}  // namespace boxwarp::emulator
