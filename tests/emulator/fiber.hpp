// A fiber: a flow of control with a stack of its own, which runs until it hands control back.
// Built on the lowest layer of Boost.Context, because an abandoned fiber must not be unwound: kernel text may be noexcept.
#pragma once

#include <boost/context/detail/fcontext.hpp>
#include <cstddef>

namespace boxwarp::emulator {

// Memory for one fiber, with a page below it that nobody may touch. Kept and used again by fibers one after another.
class Stack {
 public:
  static constexpr std::size_t kBytes = 256 * 1024;

  Stack();  // throws std::bad_alloc
  ~Stack();
  Stack(Stack&& other) noexcept;
  Stack& operator=(Stack&&) = delete;

  std::byte* low() const { return low_; }
  std::byte* high() const { return low_ + kBytes; }

 private:
  std::byte* low_;
};

class Fiber {
 public:
  // entry(argument) begins at the first resume(), on the stack; it ends with leave_for_good() and never returns.
  // Whatever ran on that stack before is forgotten. The fiber may not move while it runs.
  void start(const Stack& stack, void (*entry)(void*), void* argument);

  void resume();                       // from outside: runs until the fiber leaves
  void leave();                        // from inside: returns at the next resume()
  [[noreturn]] void leave_for_good();  // from inside

 private:
  static void begin(boost::context::detail::transfer_t from);

  boost::context::detail::fcontext_t inside_ = nullptr, outside_ = nullptr;
  const Stack* stack_ = nullptr;
  void (*entry_)(void*) = nullptr;
  void* argument_ = nullptr;
  void* fake_stack_ = nullptr;         // AddressSanitizer's, while the fiber is left
  const void* outside_low_ = nullptr;  // the stack that resume() was called on
  std::size_t outside_bytes_ = 0;
};

}  // namespace boxwarp::emulator
