// Episodes recorded in the published environment, as JSON lines (the first line says what the fields are).
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace boxwarp::test {

using Text = std::vector<std::string>;

struct Recorded {
  std::int64_t id;
  int max_steps;
  Text text, final_board;
  std::vector<std::int32_t> actions;
  std::vector<float> rewards;
  std::vector<int> terminated, truncated;
  std::string first_hash;           // of the first observation
  std::vector<std::string> hashes;  // of the true board after each step
  std::string next_hash;            // of what the environment returned with the last step; may be empty
  std::string level_file;           // where the next level lies, in the collection
  std::optional<std::int64_t> next_level;
};

inline std::string quoted(const std::string& word) {
  std::string result = "'";
  for (const char c : word) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

// What a shell command prints; throws if it fails.
inline std::string output_of(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  std::string text;
  std::array<char, 65536> buffer;
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe)) text.append(buffer.data(), size);
  if (pclose(pipe) != 0) throw std::runtime_error("failed: " + command);
  return text;
}

// The file that BOXWARP_TRACES names, or the one beside the project if it is there; empty otherwise.
inline std::filesystem::path recorded_path() {
  if (const char* named = std::getenv("BOXWARP_TRACES")) return named;
  const auto beside = std::filesystem::path(BOXWARP_SOURCE_DIR) / "../shared/data/env_traces_sample.jsonl.xz";
  return std::filesystem::exists(beside) ? beside : std::filesystem::path();
}

inline std::vector<Recorded> recorded_episodes(const std::filesystem::path& path) {
  std::istringstream lines(output_of((path.extension() == ".xz" ? "xz -dc " : "cat ") + quoted(path)));
  std::string line;
  std::getline(lines, line);
  const std::size_t promised = nlohmann::json::parse(line).at("episodes");
  std::vector<Recorded> episodes;
  while (std::getline(lines, line)) {
    const nlohmann::json json = nlohmann::json::parse(line);
    Recorded episode{.id = json.at("id"),
                     .max_steps = json.at("max_steps"),
                     .text = json.at("text"),
                     .final_board = json.value("final_board", Text()),
                     .actions = json.at("actions"),
                     .rewards = json.at("rewards"),
                     .terminated = json.at("terminated"),
                     .truncated = json.at("truncated"),
                     .first_hash = json.at("obs0"),
                     .hashes = json.at("obs"),
                     .next_hash = json.value("env_obs_last", std::string()),
                     .level_file = json.value("split", std::string()) + "/" + json.value("file", std::string()),
                     .next_level = std::nullopt};
    if (const auto next = json.find("env_next_level"); next != json.end() && !next->is_null()) episode.next_level = *next;
    episodes.push_back(std::move(episode));
  }
  if (episodes.size() != promised) throw std::runtime_error("fewer episodes than the first line promises");
  return episodes;
}

// Levels of a file of the collection as published, from the archive beside the project; empty where there is none.
class Collection {
 public:
  Collection() : archive_(std::filesystem::path(BOXWARP_SOURCE_DIR) / "../shared/data/boxoban-levels.tar.xz") {}

  const std::vector<Text>& levels(const std::string& file) {
    const auto [entry, is_new] = files_.try_emplace(file);
    if (!is_new || !std::filesystem::exists(archive_)) return entry->second;
    std::istringstream lines(
        output_of("tar -xJO --occurrence=1 -f " + quoted(archive_) + " --wildcards " + quoted("*" + file)));
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(";"))
        entry->second.emplace_back();
      else if (!line.empty())
        entry->second.back().push_back(line);
    }
    return entry->second;
  }

 private:
  std::filesystem::path archive_;
  std::map<std::string, std::vector<Text>> files_;
};

}  // namespace boxwarp::test
