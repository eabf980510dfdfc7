// What a device run of each preset takes, counted by what a device would be asked for: no array is touched that the first
// update does not begin with.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <vector>

#include "emulator/far_memory.hpp"
#include "emulator/ops.hpp"
#include "host/engine/memory_plan.hpp"
#include "host/learner/iteration.hpp"
#include "tests/host/small_levels.hpp"

namespace boxwarp {
namespace test {
namespace {

constexpr std::size_t kGB = 1'000'000'000, kGiB = std::size_t{1} << 30;
// Of a card's memory the driver's context, the program's kernels and the graph take some hundred MB.
constexpr std::size_t kKeptBack = kGiB;

std::size_t g_room, g_taken;  // bytes of the card, and of what has been taken

// Addresses without memory behind them until they are written.
class Card : public FarMemory {
 public:
  void* take(const std::string&, std::size_t bytes, const std::vector<MemoryPart>&) override {
    if (bytes == 0) return nullptr;
    void* const block = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (block == MAP_FAILED) throw std::bad_alloc();
    blocks_.push_back({block, bytes});
    g_taken += bytes;
    return block;
  }
  std::size_t free_bytes() const override { return g_taken < g_room ? g_room - g_taken : 0; }
  void upload(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }
  void download(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }
  void copy(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }
  void synchronize() override {}
  std::unique_ptr<Recording> record(const std::string&, const std::function<void()>&) override { return nullptr; }
  ~Card() override {
    for (const Block& block : blocks_) munmap(block.begin, block.bytes);
  }

 private:
  struct Block {
    void* begin;
    std::size_t bytes;
  };
  std::vector<Block> blocks_;
};

// Takes weights and computes nothing.
struct Unused : Network {
  void load(const float*) override {}
  void forward(const UnrollView&, bool) override {}
  void backward(const UnrollView&, const UnrollGradientView&) override {}
  std::size_t memory_bytes() const override { return 0; }
};

std::unique_ptr<Network> unused(Executor&, const NetShape&, const NetLimits&, const NetMode&, void*) {
  return std::make_unique<Unused>();
}

const NetOps& counted_ops() {
  static const NetOps ops{emulated::net_ops().kernels, emulated::net_ops().memory_bytes, unused};
  return ops;
}

struct Taken {
  std::size_t bytes;
  bool fused, recomputes;
};

// On 10x10 boards, with a bank of the size of Boxoban's 900,000 training levels.
Taken taken(const std::string& name, std::size_t room, RecomputeChoice recompute = RecomputeChoice::automatic) {
  constexpr std::size_t kBankBytes = 900'000 * 26;
  Device device = emulated_device(emulator::Schedule{});
  device.net = &counted_ops();
  device.learn = &emulated::learn_ops();
  device.far_memory = [](Executor&) -> std::unique_ptr<FarMemory> { return std::make_unique<Card>(); };
  TrainConfig config = preset(name);
  config.network.height = config.network.width = 10;
  config.recompute = recompute;
  g_room = room - kKeptBack - kBankBytes;
  g_taken = 0;
  const Iteration iteration(config, bank_from({{"#####", "#@$.#", "#####"}}), device);
  const std::string kernels = iteration.kernels();
  return {g_taken + kBankBytes, kernels.find("fused") != std::string::npos, iteration.mode().recompute};
}

TEST(PresetMemory, FitsTheCardThatThePresetIsForWithActivationsKept) {
  struct Case {
    const char* preset;
    std::size_t card;
  };
  for (const Case& of : {Case{"paper", 24 * kGB}, {"throughput", 80 * kGB}, {"throughput24", 24 * kGB}}) {
    const Taken found = taken(of.preset, of.card);
    std::printf("%-12s takes %s of %s\n", of.preset, bytes_text(found.bytes).c_str(), bytes_text(of.card).c_str());
    EXPECT_TRUE(found.fused) << of.preset;
    EXPECT_FALSE(found.recomputes) << of.preset;
    EXPECT_LE(found.bytes + kKeptBack, of.card) << of.preset;
    EXPECT_GT(found.bytes, kGiB / 8) << of.preset;
  }
}

TEST(PresetMemory, IsMadeToFitASmallerCardByComputingActivationsAgain) {
  const Taken kept = taken("throughput", 80 * kGB), again = taken("throughput", 80 * kGB, RecomputeChoice::always);
  EXPECT_LT(again.bytes, kept.bytes);
  const Taken chosen = taken("throughput", again.bytes + kKeptBack + kGiB / 16);
  EXPECT_TRUE(chosen.recomputes);
  EXPECT_EQ(chosen.bytes, again.bytes);
  std::printf("throughput   takes %s where activations are computed again\n", bytes_text(again.bytes).c_str());
}

}  // namespace
}  // namespace test
}  // namespace boxwarp
