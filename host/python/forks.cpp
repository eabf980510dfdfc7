#include "host/python/forks.hpp"

#include <pthread.h>

#include <atomic>

namespace boxwarp::python {

namespace {

std::atomic<int> count{0};
[[maybe_unused]] const int watching = pthread_atfork(nullptr, nullptr, [] { ++count; });

}  // namespace

int forks() { return count; }

}  // namespace boxwarp::python
