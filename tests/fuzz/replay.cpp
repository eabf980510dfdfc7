// Stands in for libFuzzer where it is not linked: runs a fuzz target on every file of the folders given, on each cut short
// at some places, and on each with a bit turned over, so that the ordinary tests run the targets too.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

// How many inputs were run.
int run_all(Bytes bytes) {
  constexpr std::size_t kPlaces = 200;
  int runs = 0;
  const auto run = [&](std::size_t size) {
    // A copy of its own, so that a sanitizer sees reads past the end.
    const Bytes input(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    LLVMFuzzerTestOneInput(input.data(), input.size());
    ++runs;
  };
  run(bytes.size());
  const std::size_t stride = bytes.size() / kPlaces + 1;
  for (std::size_t at = 0; at < bytes.size(); at += stride) {
    run(at);
    const auto bit = static_cast<std::uint8_t>(1u << at % 8);
    bytes[at] ^= bit;
    run(bytes.size());
    bytes[at] ^= bit;
  }
  return runs;
}

}  // namespace

int main(int argc, char** argv) {
  int files = 0, runs = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      runs += run_all(content(entry.path()));
      ++files;
    }
  }
  std::printf("%d inputs from %d files\n", runs, files);
  return files > 0 ? 0 : 1;
}
