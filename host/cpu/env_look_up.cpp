// Values of cells out of their codes, sixteen or more with one instruction, once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/cpu/env_look_up.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "host/cpu/env_parts.hpp"

HWY_BEFORE_NAMESPACE();
namespace boxwarp::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

void look_up_in_vectors(const std::uint8_t* codes, std::size_t cells, std::uint64_t table, std::uint8_t* out) {
  const hn::CappedTag<std::uint8_t, kLookUpAtOnce> d;
  const hn::Repartition<std::uint64_t, decltype(d)> d64;
  const auto values = hn::BitCast(d, hn::Set(d64, table));
  const std::size_t lanes = hn::Lanes(d);
  const auto store = [&](std::size_t at) {
    hn::StoreU(hn::TableLookupBytes(values, hn::LoadU(d, codes + at)), d, out + at);
  };
  for (std::size_t at = 0; at + lanes <= cells; at += lanes) store(at);
  store(cells - lanes);  // the rest, with some of those before it once more
}

}  // namespace boxwarp::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boxwarp::cpu {

HWY_EXPORT(look_up_in_vectors);

void look_up(const std::uint8_t* codes, std::size_t cells, std::uint64_t table, std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(look_up_in_vectors)(codes, cells, table, out);
}

}  // namespace boxwarp::cpu
#endif  // HWY_ONCE
