#include "tests/ptx/machine.hpp"

#include <algorithm>
#include <map>

#include "tests/ptx/profile.hpp"
#include "tests/ptx/program.hpp"

namespace boxwarp::ptx {

namespace {

// Lanes of a warp that stand at the same instruction.
struct Fragment {
  std::uint32_t at, lanes;
  bool waits;  // for lanes that are elsewhere
};

// A warp on its way. The lanes that are furthest behind go on first, so that those that parted meet again where the text
// brings them together; a lane that waits for others holds nobody up but itself.
class WarpRun {
 public:
  void begin(Block& block, unsigned number) {
    const Kernel& kernel = *block.kernel;
    warp_.block = &block;
    warp_.number = number;
    warp_.registers.resize(kernel.register_bytes);
    warp_.files[0] = warp_.registers.data();
    warp_.files[1] = const_cast<std::byte*>(kernel.constants.data());
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      warp_.copies[lane].clear();
      warp_.copy_group[lane] = 0;
    }
    warp_.products.clear();
    warp_.product_group = 0;
    warp_.written.clear();
    const unsigned threads = std::min(kLanes, block.launch->threads - number * kLanes);
    there_ = alive_ = threads == kLanes ? kAllLanes : (1u << threads) - 1;
    fragments_.assign(1, {0, alive_, false});
    barrier_ = nullptr;
  }

  // Until all of its lanes have ended or stand at a barrier.
  void go_on() {
    while (!fragments_.empty() && barrier_ == nullptr) run(take_next());
  }

  bool ended() const { return fragments_.empty(); }
  const Instruction* barrier() const { return barrier_; }

  // Of those that are there: does the predicate that they bring hold for all, for any?
  bool all_hold() const { return (~warp_.predicate(barrier_->from[0]) & alive_) == 0; }
  bool any_holds() const { return (warp_.predicate(barrier_->from[0]) & alive_) != 0; }

  void leave_barrier(bool result) {
    if (barrier_->number == kBarrierAnd || barrier_->number == kBarrierOr) {
      warp_.mask = alive_;
      warp_.set_predicate(barrier_->to[0], result ? kAllLanes : 0);
    }
    barrier_ = nullptr;
  }

  [[noreturn]] void fail(const std::string& what) const {
    warp_.fail(barrier_ != nullptr ? *barrier_ : instructions()[0], 0, what);
  }

 private:
  const std::vector<Instruction>& instructions() const { return warp_.block->kernel->instructions; }

  // The fragment that is furthest behind, joined by those that stand where it does.
  Fragment take_next() {
    auto next = fragments_.end();
    for (auto fragment = fragments_.begin(); fragment != fragments_.end(); ++fragment)
      if (!fragment->waits && (next == fragments_.end() || fragment->at < next->at)) next = fragment;
    if (next == fragments_.end()) fail_waiting();
    Fragment taken = *next;
    fragments_.erase(next);
    std::erase_if(fragments_, [&](const Fragment& other) {
      if (other.at != taken.at) return false;
      taken.lanes |= other.lanes;
      return true;
    });
    return taken;
  }

  void run(Fragment fragment) {
    std::uint32_t meets = ~0u;  // the next place at which others stand
    for (const Fragment& other : fragments_)
      if (other.at > fragment.at) meets = std::min(meets, other.at);
    std::uint64_t& ticks = *warp_.block->ticks;
    Counters* const counters = warp_.block->counters;
    const Instruction* const first = instructions().data();
    std::uint32_t at = fragment.at;
    while (at < meets) {
      const Instruction& i = first[at];
      ++ticks;
      warp_.mask = fragment.lanes;
      if (i.guarded) warp_.mask &= i.guard_negated ? ~warp_.predicate(i.guard) : warp_.predicate(i.guard);
      if (counters != nullptr && !i.is_move) {
        ++counters->instructions;
        ++counters->executed[at];
        counters->lanes += static_cast<std::uint64_t>(std::popcount(warp_.mask));
        counters->barriers += i.kind == Kind::barrier ? 1 : 0;
      }
      switch (i.kind) {
        case Kind::plain:
          if (warp_.mask != 0) i.run(warp_, i);
          ++at;
          break;
        case Kind::branch: {
          const std::uint32_t taken = warp_.mask, left = fragment.lanes & ~taken;
          if (taken != 0 && left != 0) {
            fragments_.push_back({i.target, taken, false});
            fragments_.push_back({at + 1, left, false});
            return;
          }
          if (taken != 0 && i.target <= at && !fragments_.empty()) {  // others may stand there
            fragments_.push_back({i.target, taken, false});
            return;
          }
          at = taken != 0 ? i.target : at + 1;
          break;
        }
        case Kind::exit:
          alive_ &= ~warp_.mask;
          fragment.lanes &= ~warp_.mask;
          if (fragment.lanes == 0) return;
          ++at;
          break;
        case Kind::together: {
          const std::uint32_t members = warp_.values<std::uint32_t>(i.members)[first_lane(warp_)] & there_;
          if (warp_.mask != members) {
            fragments_.push_back({at, fragment.lanes, true});
            return;
          }
          i.run(warp_, i);
          ++at;
          break;
        }
        case Kind::barrier:
          if (fragment.lanes == alive_) {
            barrier_ = &i;
            fragments_.push_back({at + 1, fragment.lanes, false});
          } else {
            fragments_.push_back({at, fragment.lanes, true});
          }
          return;
      }
    }
    fragments_.push_back({at, fragment.lanes, false});
  }

  // Nobody can go on.
  [[noreturn]] void fail_waiting() const {
    std::string others;
    const Fragment& first = fragments_.front();
    for (const Fragment& other : fragments_)
      if (&other != &first)
        others += " and lane " + std::to_string(std::countr_zero(other.lanes)) + " at line " +
                  std::to_string(instructions()[other.at].at.line);
    warp_.fail(instructions()[first.at], static_cast<unsigned>(std::countr_zero(first.lanes)),
               "waits for ever for lanes that are not there" + others);
  }

  Warp warp_;
  std::uint32_t there_ = 0, alive_ = 0;
  std::vector<Fragment> fragments_;
  const Instruction* barrier_ = nullptr;
};

void run_block(std::vector<WarpRun>& warps) {
  for (;;) {
    const WarpRun* waiting = nullptr;
    bool ended = false;
    for (WarpRun& warp : warps) {
      warp.go_on();
      if (warp.ended())
        ended = true;
      else
        waiting = &warp;
    }
    if (waiting == nullptr) return;
    if (ended) waiting->fail("waits at a barrier for threads that have ended");
    const std::int64_t kind = waiting->barrier()->number;
    bool result = kind == kBarrierAnd;
    for (const WarpRun& warp : warps) {
      if (warp.barrier()->number != kind) warp.fail("waits at a barrier of another kind");
      if (kind != kBarrierAnywhere && warp.barrier() != waiting->barrier()) warp.fail("waits at another barrier");
      if (kind == kBarrierAnd) result = result && warp.all_hold();
      if (kind == kBarrierOr) result = result || warp.any_holds();
    }
    for (WarpRun& warp : warps) warp.leave_barrier(result);
  }
}

}  // namespace

void Warp::fail(const Instruction& instruction, unsigned lane, const std::string& what) const {
  const Kernel& kernel = *block->kernel;
  const std::string file = instruction.at.file < kernel.files.size() ? kernel.files[instruction.at.file] : "";
  throw Failure(what + " (" + file + ":" + std::to_string(instruction.at.line) + ", block " + std::to_string(block->number) +
                ", thread " + std::to_string(number * kLanes + lane) + ", kernel " + kernel.name + ")");
}

void run(const Launch& launch, const Memory& memory, std::uint64_t& ticks) {
  Block block;
  block.kernel = launch.kernel;
  block.launch = &launch;
  block.memory = &memory;
  block.ticks = &ticks;
  block.counters = counters_of(*launch.kernel);
  if (block.counters != nullptr) {
    ++block.counters->launches;
    block.counters->blocks += launch.blocks;
    block.counters->executed.assign(launch.kernel->instructions.size(), 0);
  }
  block.blocks_seen.resize(launch.kernel->accesses);
  block.shared.resize(launch.kernel->shared_bytes + launch.shared_bytes);
  std::vector<WarpRun> warps((launch.threads + kLanes - 1) / kLanes);
  for (block.number = 0; block.number < launch.blocks; ++block.number) {
    std::fill(block.shared.begin(), block.shared.end(), std::byte{Memory::kPoison});
    block.unshown.assign(launch.kernel->has_products ? block.shared.size() / 16 + 1 : 0, 0);
    for (unsigned number = 0; number < warps.size(); ++number) warps[number].begin(block, number);
    run_block(warps);
  }
  if (block.counters != nullptr) count_lines(*block.counters, *launch.kernel);
}

// ---- modules

struct Module::Parts {
  std::string text;
  ModuleText read;
  std::vector<std::uint64_t> addresses;  // of variables
  mutable std::map<std::string, Kernel, std::less<>> kernels;
};

Module::Module(std::string text, Memory& memory) : parts_(std::make_unique<Parts>()) {
  parts_->text = std::move(text);
  parts_->read = read_module(parts_->text);
  for (const Variable& variable : parts_->read.variables) {
    std::uint64_t address = 0;
    if (!variable.shared) {
      address = memory.take(variable.bytes);
      std::fill_n(memory.bytes_of(address), variable.bytes, std::byte{0});
      std::copy(variable.values.begin(), variable.values.end(), memory.bytes_of(address));
    }
    parts_->addresses.push_back(address);
  }
}

Module::~Module() = default;
Module::Module(Module&&) noexcept = default;

const Kernel* Module::kernel(std::string_view name) const {
  if (const auto known = parts_->kernels.find(name); known != parts_->kernels.end()) return &known->second;
  for (const EntryText& entry : parts_->read.entries)
    if (entry.name == name)
      return &parts_->kernels.emplace(name, decode(entry, parts_->read, parts_->addresses)).first->second;
  return nullptr;
}

const std::vector<Parameter>& parameters(const Kernel& kernel) { return kernel.parameters; }
unsigned most_threads(const Kernel& kernel) { return kernel.most_threads; }

}  // namespace boxwarp::ptx
