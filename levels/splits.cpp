#include "levels/splits.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <unordered_map>

#include "kernels/sokoban/random.hpp"
#include "levels/canonical.hpp"

namespace boxwarp {

namespace {

std::string form_of(const LevelRows& level, Sameness sameness) {
  return sameness == Sameness::exact ? exact_form(level) : canonical_form(level);
}

// Every number below count once, in an order that depends on the seed alone.
std::vector<std::int64_t> shuffled(std::int64_t count, std::uint64_t seed) {
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), std::int64_t{0});
  for (std::size_t left = numbers.size(); left > 1; --left) {
    const std::uint64_t at = below(draw(seed, 0, Stream::shuffling, left), left);
    std::swap(numbers[left - 1], numbers[static_cast<std::size_t>(at)]);
  }
  return numbers;
}

}  // namespace

std::vector<std::vector<std::int64_t>> classes_of(const std::vector<const LevelSet*>& sets, Sameness sameness) {
  std::unordered_map<std::string, std::int64_t> known;
  std::vector<std::vector<std::int64_t>> classes;
  for (const LevelSet* set : sets) {
    std::vector<std::int64_t>& of_set = classes.emplace_back();
    for (std::int64_t id = 0; id < set->size(); ++id) {
      const auto next = static_cast<std::int64_t>(known.size());
      of_set.push_back(known.try_emplace(form_of(set->level(id), sameness), next).first->second);
    }
  }
  return classes;
}

std::vector<Pair> overlap(const LevelSet& a, const LevelSet& b, Sameness sameness) {
  std::unordered_map<std::string, std::int64_t> in_a;
  for (std::int64_t id = 0; id < a.size(); ++id) in_a.try_emplace(form_of(a.level(id), sameness), id);
  std::vector<Pair> pairs;
  for (std::int64_t id = 0; id < b.size(); ++id) {
    const auto found = in_a.find(form_of(b.level(id), sameness));
    if (found != in_a.end()) pairs.push_back({found->second, id});
  }
  return pairs;
}

std::vector<std::int64_t> without_repeats(const LevelSet& set, Sameness sameness) {
  const std::vector<std::int64_t> classes = classes_of({&set}, sameness).front();
  std::vector<std::int64_t> first;
  std::int64_t next = 0;
  for (std::int64_t id = 0; id < set.size(); ++id) {
    if (classes[static_cast<std::size_t>(id)] != next) continue;
    first.push_back(id);
    ++next;
  }
  return first;
}

Split split(const LevelSet& set, double valid, double test, std::uint64_t seed) {
  const std::vector<std::int64_t> classes = classes_of({&set}, Sameness::symmetric).front();
  const std::int64_t count = classes.empty() ? 0 : *std::max_element(classes.begin(), classes.end()) + 1;
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(count), 0);
  for (const std::int64_t one : classes) ++sizes[static_cast<std::size_t>(one)];
  enum Part : char { in_train, in_valid, in_test };
  std::vector<Part> parts(sizes.size(), in_train);
  const auto levels = static_cast<double>(set.size());
  std::int64_t left_for_test = std::llround(test * levels), left_for_valid = std::llround(valid * levels);
  for (const std::int64_t one : shuffled(count, seed)) {
    const auto c = static_cast<std::size_t>(one);
    // A class that is too large for what a part still lacks goes on to the next.
    for (const auto& [part, left] : {std::pair{in_test, &left_for_test}, std::pair{in_valid, &left_for_valid}}) {
      if (sizes[c] > *left) continue;
      *left -= sizes[c];
      parts[c] = part;
      break;
    }
  }
  Split result;
  for (std::int64_t id = 0; id < set.size(); ++id) {
    const Part part = parts[static_cast<std::size_t>(classes[static_cast<std::size_t>(id)])];
    (part == in_test ? result.test : part == in_valid ? result.valid : result.train).push_back(id);
  }
  return result;
}

}  // namespace boxwarp
