#include "host/engine/signature.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "host/engine/level_bank.hpp"
#include "host/engine/vector_env.hpp"
#include "levels/error.hpp"
#include "levels/parse/text.hpp"

namespace boxwarp {

namespace {

// Of several sizes; random play solves the first ones again and again and the last ones never.
constexpr std::string_view kLevels = R"(
#####
#@$.#
#####

#####
# @ #
# $ #
# . #
#####

######
#    #
#.$@ #
#    #
######

#####
#.  #
#$  #
#@  #
# *.#
#####

#######
#  .  #
# $#  #
# @ $.#
#######

########
#   #  #
# $    #
#+ #$ .#
#   # ##
########

#######
##   ##
# $ $ #
# .@. #
# $.$ #
##. .##
#######

#########
#   #   #
# $   $ #
#  #.#  #
# # + # #
#  #.#  #
# $ . * #
#   #   #
#########

##########
#     ####
# $ $   ##
#  $ #   #
## # @## #
#  #   . #
#   ## . #
#    #*. #
####     #
##########

##########
#@$ $ $ $#
#$ $ $ $ #
# $ $ $ $#
#........#
#........#
# * * * *#
#* * * * #
#        #
##########
)";

std::shared_ptr<const LevelBank> built_in_levels(bool large) {
  const ParsedFile parsed = parse_text("built-in levels", kLevels);
  if (!parsed.errors.empty()) throw std::logic_error("signature: a built-in level is bad: " + parsed.errors[0].message);
  LevelSet set;
  const std::int32_t file = set.add_file(parsed.path);
  for (const ParsedLevel& level : parsed.levels) set.add(level.level, {file, set.size()});
  return std::make_shared<const LevelBank>(std::move(set), large);
}

void mix(std::uint64_t& hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
  hash ^= hash >> 29;
}

// Row and column of the whole board, rim included, whatever the tier keeps.
void mix_board(std::uint64_t& hash, const LevelBankView& bank, const EnvStateView& state, std::int64_t e) {
  const bool small = bank.tier == Tier::small;
  for (int row = 0; row < bank.height; ++row) {
    const bool inside = row >= 1 && row <= kSmallInterior;
    const std::uint64_t interior = inside && small ? state.boxes[e] >> kSmallInterior * (row - 1) & 0xff : 0;
    mix(hash, small ? interior << 1 : state.boxes[e * bank.words + row]);
  }
  const std::uint64_t player = state.player[e];
  const auto bit = static_cast<std::uint64_t>(std::countr_zero(player));
  mix(hash, small ? kLargestSize * (bit / kSmallInterior + 1) + bit % kSmallInterior + 1 : player);
}

// What each environment has come to is added to its own hash.
void mix_step(std::vector<std::uint64_t>& hashes, const VectorEnv& env) {
  const LevelBankView bank = env.levels().view();
  const EnvStateView& state = env.state();
  const auto rewards = env.rewards();
  const auto terminated = env.terminated(), truncated = env.truncated();
  const auto level_ids = env.level_ids(), finished_level_ids = env.finished_level_ids();
  const auto episode_lengths = env.episode_lengths(), episode_matched = env.episode_matched();
  for (std::size_t e = 0; e < hashes.size(); ++e) {
    std::uint64_t& hash = hashes[e];
    mix_board(hash, bank, state, static_cast<std::int64_t>(e));
    const std::uint64_t solved = terminated[e], late = truncated[e];
    mix(hash, std::uint64_t{std::bit_cast<std::uint32_t>(rewards[e])} << 2 | solved << 1 | late);
    mix(hash, static_cast<std::uint64_t>(level_ids[e]));
    if ((solved | late) == 0) continue;
    mix(hash, static_cast<std::uint64_t>(finished_level_ids[e]));
    mix(hash, static_cast<std::uint64_t>(episode_lengths[e]));
    mix(hash, static_cast<std::uint64_t>(episode_matched[e]));
  }
}

}  // namespace

std::uint64_t rules_signature(const Device& device, std::int64_t batch, Tier tier) {
  if (batch < 1) throw BadInput(fmt::format("signature: found a batch of {}, takes 1 or more", batch));
  const auto levels = built_in_levels(tier == Tier::large);
  std::uint64_t signature = 0;
  for (std::int64_t first = 0; first < kSignatureBoards; first += batch) {
    const std::int64_t count = std::min(batch, kSignatureBoards - first);
    VectorEnv env({.num_envs = count,
                   .observation = Observation::none,
                   .seed = 20240612,
                   .first_environment = static_cast<std::uint32_t>(first),
                   .total_envs = kSignatureBoards},
                  levels, device);
    env.reset();
    std::vector<std::uint64_t> hashes(static_cast<std::size_t>(count));
    std::vector<std::uint8_t> actions(hashes.size());
    for (int step = 0; step < kSignatureSteps; ++step) {
      env.random_actions(actions);
      env.step(actions);
      mix_step(hashes, env);
    }
    // a sum does not know how environments were put together; the number keeps two of them from trading places
    for (std::int64_t e = 0; e < count; ++e) {
      std::uint64_t own = hashes[static_cast<std::size_t>(e)];
      mix(own, static_cast<std::uint64_t>(first + e));
      signature += own;
    }
  }
  return signature;
}

}  // namespace boxwarp
