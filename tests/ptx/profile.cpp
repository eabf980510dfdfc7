#include "tests/ptx/profile.hpp"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

namespace boxwarp::ptx {

namespace {

constexpr std::uint64_t kSector = 32, kBanks = 32, kWord = 4;

std::map<std::string, Counters>& all_counters() {
  static auto* const all = new std::map<std::string, Counters>;  // is there until the very end
  return *all;
}

void write() {
  nlohmann::ordered_json kernels;
  for (const auto& [name, c] : all_counters()) {
    nlohmann::ordered_json lines = nlohmann::ordered_json::object();
    for (const auto& [place, line] : c.lines)
      if (line.executed != 0) lines[place] = {{"executed", line.executed}, {"instructions", line.instructions}};
    kernels[name] = {{"launches", c.launches},
                     {"blocks", c.blocks},
                     {"warp_instructions", c.instructions},
                     {"lane_instructions", c.lanes},
                     {"mma", c.products},
                     {"barriers", c.barriers},
                     {"global_requests", c.global_requests},
                     {"global_bytes", c.global_bytes},
                     {"global_sectors", c.global_sectors},
                     {"shared_requests", c.shared_requests},
                     {"shared_bytes", c.shared_bytes},
                     {"shared_passes", c.shared_passes},
                     {"lines", lines}};
  }
  std::ofstream(std::getenv("BOXWARP_PTX_PROFILE")) << kernels.dump(1) << "\n";
}

}  // namespace

Counters* counters_of(const Kernel& kernel) {
  static const bool wanted = [] {
    const bool named = std::getenv("BOXWARP_PTX_PROFILE") != nullptr;
    if (named) std::atexit(write);
    return named;
  }();
  return wanted ? &all_counters()[short_name(kernel.name)] : nullptr;
}

void count_lines(Counters& counters, const Kernel& kernel) {
  const bool first_time = counters.lines.empty();
  for (std::size_t i = 0; i < counters.executed.size(); ++i) {
    if (kernel.instructions[i].is_move) continue;
    const SourceLine at = kernel.instructions[i].at;
    const std::string file = at.file < kernel.files.size() ? kernel.files[at.file] : "";
    Counters::Line& line = counters.lines[file + ":" + std::to_string(at.line)];
    line.executed += counters.executed[i];
    if (first_time) ++line.instructions;
  }
}

void count_global(Counters& counters, const std::uint64_t (&addresses)[kLanes], std::uint32_t mask, std::size_t bytes) {
  std::uint64_t sectors[kLanes];
  std::size_t count = 0;
  for (std::uint32_t left = mask; left != 0; left &= left - 1)
    sectors[count++] = addresses[std::countr_zero(left)] / kSector;
  std::sort(sectors, sectors + count);  // no access of a lane, being aligned, lies in two
  ++counters.global_requests;
  counters.global_bytes += count * bytes;
  counters.global_sectors += static_cast<std::uint64_t>(std::unique(sectors, sectors + count) - sectors);
}

// As many lanes at a time as ask for 128 bytes; the same word asked for twice is read once.
void count_shared(Counters& counters, const std::uint64_t (&addresses)[kLanes], std::uint32_t mask, std::size_t bytes) {
  const unsigned together = static_cast<unsigned>(std::min<std::size_t>(kLanes, kBanks * kWord / bytes));
  ++counters.shared_requests;
  counters.shared_bytes += static_cast<std::uint64_t>(std::popcount(mask)) * bytes;
  for (unsigned first = 0; first < kLanes; first += together) {
    std::set<std::uint64_t> words[kBanks];
    for (unsigned lane = first; lane < first + together; ++lane) {
      if ((mask >> lane & 1) == 0) continue;
      for (std::uint64_t at = addresses[lane]; at < addresses[lane] + bytes; at += kWord)
        words[at / kWord % kBanks].insert(at / kWord);
    }
    std::size_t most = 0;
    for (const auto& bank : words) most = std::max(most, bank.size());
    counters.shared_passes += most;
  }
}

std::string short_name(const std::string& mangled) {
  char* const plain = abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, nullptr);
  if (plain == nullptr) return mangled;
  std::string name = plain;
  std::free(plain);
  // "void a::(anonymous namespace)::name<values>(parameters)"
  const std::size_t kernel = name.find("_kernel");
  if (kernel == std::string::npos) return name;
  const std::size_t begin = name.find_last_of(": ", kernel) + 1;
  std::size_t end = kernel;
  for (int depth = 0; end < name.size() && (depth > 0 || name[end] != '('); ++end) {
    if (name[end] == '<') ++depth;
    if (name[end] == '>') --depth;
  }
  return name.substr(begin, end - begin);
}

}  // namespace boxwarp::ptx
