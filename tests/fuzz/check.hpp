// What a fuzz target demands beside not crashing.
#pragma once

#include <cstdio>
#include <cstdlib>

// Ends the program with the claim that did not hold, so that a fuzzer keeps the input.
#define DEMAND(claim)                                                                \
  do {                                                                               \
    if (!(claim)) {                                                                  \
      std::fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #claim); \
      std::abort();                                                                  \
    }                                                                                \
  } while (false)
