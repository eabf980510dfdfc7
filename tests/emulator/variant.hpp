// The three ways in which kernel text and its tests are built for the emulator.
//   plain    nothing but the machinery: barriers, orders, poison, guard zones
//   shadow   every access to memory reported to the shadow (-fsanitize=thread without its library; BOXWARP_EMULATOR_SHADOW)
//   address  address and undefined-behaviour sanitizers; in builds with BOXWARP_SANITIZE, in place of the other two
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define BOXWARP_EMULATOR_ADDRESS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BOXWARP_EMULATOR_ADDRESS 1
#endif
#endif
#if !defined(BOXWARP_EMULATOR_ADDRESS)
#define BOXWARP_EMULATOR_ADDRESS 0
#endif
