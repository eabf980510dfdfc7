#include "emulator/fiber.hpp"

#include <sys/mman.h>

#include <cstdlib>
#include <new>
#include <utility>

#include "emulator/variant.hpp"

#if BOXWARP_EMULATOR_ADDRESS
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace boxwarp::emulator {
namespace {

constexpr std::size_t kGuard = 4096;

// AddressSanitizer must be told of every switch of stacks: before it, where to; after it, that it happened.
#if BOXWARP_EMULATOR_ADDRESS
void before_switch(void** keep, const void* low, std::size_t bytes) { __sanitizer_start_switch_fiber(keep, low, bytes); }
void after_switch(void* kept, const void** low, std::size_t* bytes) { __sanitizer_finish_switch_fiber(kept, low, bytes); }
void forget_frames(const Stack& stack) { ASAN_UNPOISON_MEMORY_REGION(stack.low(), Stack::kBytes); }
#else
void before_switch(void**, const void*, std::size_t) {}
void after_switch(void*, const void**, std::size_t*) {}
void forget_frames(const Stack&) {}
#endif

}  // namespace

Stack::Stack() {
  void* memory = mmap(nullptr, kGuard + kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  low_ = static_cast<std::byte*>(memory) + kGuard;
  mprotect(memory, kGuard, PROT_NONE);
}

Stack::Stack(Stack&& other) noexcept : low_(std::exchange(other.low_, nullptr)) {}

Stack::~Stack() {
  if (low_ == nullptr) return;
  forget_frames(*this);
  munmap(low_ - kGuard, kGuard + kBytes);
}

void Fiber::start(const Stack& stack, void (*entry)(void*), void* argument) {
  forget_frames(stack);
  stack_ = &stack;
  entry_ = entry;
  argument_ = argument;
  fake_stack_ = nullptr;
  inside_ = boost::context::detail::make_fcontext(stack.high(), Stack::kBytes, &Fiber::begin);
}

void Fiber::begin(boost::context::detail::transfer_t from) {
  Fiber& self = *static_cast<Fiber*>(from.data);
  after_switch(nullptr, &self.outside_low_, &self.outside_bytes_);
  self.outside_ = from.fctx;
  self.entry_(self.argument_);
  std::abort();  // entries leave for good
}

void Fiber::resume() {
  void* mine = nullptr;
  before_switch(&mine, stack_->low(), Stack::kBytes);
  inside_ = boost::context::detail::jump_fcontext(inside_, this).fctx;
  after_switch(mine, nullptr, nullptr);
}

void Fiber::leave() {
  before_switch(&fake_stack_, outside_low_, outside_bytes_);
  outside_ = boost::context::detail::jump_fcontext(outside_, nullptr).fctx;
  after_switch(fake_stack_, &outside_low_, &outside_bytes_);
}

void Fiber::leave_for_good() {
  before_switch(nullptr, outside_low_, outside_bytes_);
  boost::context::detail::jump_fcontext(outside_, nullptr);
  std::abort();
}

}  // namespace boxwarp::emulator
