// What the lanes of a warp, or all threads of a block, do together.
#include "tests/ptx/decoding.hpp"

namespace boxwarp::ptx {

namespace {

enum class Shuffle { up, down, bfly, idx };

// shfl.sync: each lane takes a value of another. b: how far; c: the end of a lane's segment, and above it the segments'
// mask.
template <Shuffle kShuffle>
void shuffle(Warp& warp, const Instruction& i) {
  std::uint32_t values[kLanes];
  const std::uint32_t* const from = warp.values<std::uint32_t>(i.from[0]);
  for (unsigned lane = 0; lane < kLanes; ++lane) values[lane] = from[lane];
  std::uint32_t* const to = warp.values<std::uint32_t>(i.to[0]);
  std::uint32_t in_segment = 0;
  each_lane(warp, [&](unsigned lane) {
    const std::uint32_t b = warp.values<std::uint32_t>(i.from[1])[lane] & 31;
    const std::uint32_t c = warp.values<std::uint32_t>(i.from[2])[lane];
    const std::uint32_t segments = c >> 8 & 31, last = (lane & segments) | (c & 31 & ~segments);
    std::uint32_t other = 0;
    bool inside = false;
    switch (kShuffle) {
      case Shuffle::up:
        other = lane - b;
        inside = static_cast<std::int32_t>(other) >= static_cast<std::int32_t>(last);
        break;
      case Shuffle::down:
        other = lane + b;
        inside = other <= last;
        break;
      case Shuffle::bfly:
        other = lane ^ b;
        inside = other <= last;
        break;
      case Shuffle::idx:
        other = (lane & segments) | (b & ~segments);
        inside = other <= last;
        break;
    }
    if (!inside) other = lane;
    if ((warp.mask >> other & 1) == 0)
      warp.fail(i, lane, "a shuffle from lane " + std::to_string(other) + ", which is not there");
    in_segment |= std::uint32_t{inside} << lane;
    to[lane] = values[other];
  });
  if (i.number != 0) warp.set_predicate(i.to[1], in_segment);
}

Run shuffle_of(std::string_view mode) {
  if (mode == "up") return shuffle<Shuffle::up>;
  if (mode == "down") return shuffle<Shuffle::down>;
  if (mode == "bfly") return shuffle<Shuffle::bfly>;
  if (mode == "idx") return shuffle<Shuffle::idx>;
  return nullptr;
}

// Only lanes that have come count.
void ballot(Warp& warp, const Instruction& i) {
  const std::uint32_t votes = warp.predicate(i.from[0]) & warp.mask;
  std::uint32_t* const to = warp.values<std::uint32_t>(i.to[0]);
  each_lane(warp, [&](unsigned lane) { to[lane] = votes; });
}
void any(Warp& warp, const Instruction& i) {
  warp.set_predicate(i.to[0], (warp.predicate(i.from[0]) & warp.mask) != 0 ? kAllLanes : 0);
}
void all(Warp& warp, const Instruction& i) {
  warp.set_predicate(i.to[0], (~warp.predicate(i.from[0]) & warp.mask) == 0 ? kAllLanes : 0);
}

bool decode_shuffle(const Statement& statement, Decoding& names, Instruction& instruction) {
  instruction.run = shuffle_of(statement.parts.at(2));
  const std::string_view to = statement.operands.at(0);
  const std::size_t bar = to.find('|');
  instruction.to[0] = names.target(to.substr(0, bar));
  if (bar != std::string_view::npos) {
    instruction.to[1] = names.target(to.substr(bar + 1));
    instruction.number = 1;
  }
  for (std::size_t n = 0; n < 3; ++n) instruction.from[n] = names.value(statement.operands.at(n + 1), sizeof(std::uint32_t));
  instruction.members = names.value(statement.operands.at(4), sizeof(std::uint32_t));
  return instruction.run != nullptr;
}

}  // namespace

bool decode_warps(const Statement& statement, Decoding& names, Instruction& instruction) {
  const auto& parts = statement.parts;
  const auto& operands = statement.operands;
  instruction.kind = Kind::together;
  if (parts.size() == 4 && parts[0] == "shfl" && parts[1] == "sync" && parts[3] == "b32")
    return decode_shuffle(statement, names, instruction);
  if (parts.size() == 4 && parts[0] == "vote" && parts[1] == "sync") {
    if (parts[2] == "ballot") instruction.run = ballot;
    if (parts[2] == "any") instruction.run = any;
    if (parts[2] == "all") instruction.run = all;
    if (instruction.run == nullptr) return false;
    instruction.to[0] = names.target(operands.at(0));
    instruction.from[0] = names.predicate(operands.at(1));
    instruction.members = names.value(operands.at(2), sizeof(std::uint32_t));
    return true;
  }
  if (parts.size() == 3 && parts[0] == "bar" && parts[1] == "warp" && parts[2] == "sync") {
    instruction.run = [](Warp&, const Instruction&) {};
    instruction.members = names.value(operands.at(0), sizeof(std::uint32_t));
    return true;
  }
  instruction.kind = Kind::plain;
  return false;
}

// bar.sync, bar.red and barrier.sync; which warps have come is the machine's business.
bool decode_barriers(const Statement& statement, Decoding& names, Instruction& instruction) {
  const auto& parts = statement.parts;
  const bool anywhere = parts[0] == "barrier";
  if (parts[0] != "bar" && !anywhere) return false;
  instruction.kind = Kind::barrier;
  if (parts.size() == 2 && parts[1] == "sync" && statement.operands.size() == 1 && statement.operands[0] == "0") {
    instruction.number = anywhere ? kBarrierAnywhere : kBarrierSync;
    return true;
  }
  if (anywhere) return false;
  if (parts.size() == 4 && parts[1] == "red" && parts[3] == "pred" && statement.operands.size() == 3 &&
      statement.operands[1] == "0") {
    instruction.number = parts[2] == "and" ? kBarrierAnd : kBarrierOr;
    instruction.to[0] = names.target(statement.operands[0]);
    instruction.from[0] = names.predicate(statement.operands[2]);
    return parts[2] == "and" || parts[2] == "or";
  }
  return false;
}

}  // namespace boxwarp::ptx
