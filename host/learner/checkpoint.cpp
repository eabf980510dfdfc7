// Saving and restoring a trainer: weights, Adam's moments, environments, recurrent state and counters in one safetensors
// file with a checksum over all of them.
#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>

#include "host/learner/safetensors.hpp"
#include "host/learner/trainer.hpp"
#include "levels/error.hpp"

namespace boxwarp {

namespace {

constexpr const char* kFormat = "boxwarp.checkpoint 1";

template <class Element>
StoredTensor stored(const char* dtype, const std::vector<Element>& values) {
  StoredTensor tensor{.dtype = dtype, .shape = {static_cast<std::int64_t>(values.size())}, .data = {}};
  const auto bytes = std::as_bytes(std::span(values));
  tensor.data.assign(bytes.begin(), bytes.end());
  return tensor;
}

// FNV-1a over names and bytes.
std::string checksum(const Safetensors& file) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  const auto mix = [&hash](std::uint8_t byte) { hash = (hash ^ byte) * 0x100000001b3u; };
  const auto mix_text = [&mix](const std::string& text) {
    for (const char letter : text) mix(static_cast<std::uint8_t>(letter));
  };
  for (const auto& [name, text] : file.metadata) {
    if (name == "checksum") continue;
    mix_text(name);
    mix_text(text);
  }
  for (const auto& [name, tensor] : file.tensors) {
    mix_text(name);
    for (const std::byte byte : tensor.data) mix(static_cast<std::uint8_t>(byte));
  }
  return fmt::format("{:016x}", hash);
}

class Reader {
 public:
  Reader(const std::filesystem::path& path, const Safetensors& file) : path_(path), file_(file) {}

  const std::string& text(const std::string& name) const {
    const auto found = file_.metadata.find(name);
    if (found == file_.metadata.end()) fail(fmt::format("has no '{}'", name));
    return found->second;
  }

  std::int64_t number(const std::string& name) const {
    const std::string& digits = text(name);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size() || value < 0)
      fail(fmt::format("has '{}' = '{}', not a count", name, digits));
    return value;
  }

  const StoredTensor& tensor(const std::string& name) const {
    const auto found = file_.tensors.find(name);
    if (found == file_.tensors.end()) fail(fmt::format("has no tensor '{}'", name));
    return found->second;
  }

  template <class Element>
  void read(const std::string& name, std::vector<Element>& out) const {
    const StoredTensor& from = tensor(name);
    if (from.data.size() != out.size() * sizeof(Element))
      fail(fmt::format("tensor '{}' has {} bytes, takes {}", name, from.data.size(), out.size() * sizeof(Element)));
    std::memcpy(out.data(), from.data.data(), from.data.size());
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw BadInput(fmt::format("{}: checkpoint {}", path_.string(), what));
  }

 private:
  const std::filesystem::path& path_;
  const Safetensors& file_;
};

// The part of a configuration that must not change when a run goes on; its length and how often it saves may.
std::string fixed_part(const TrainConfig& config) {
  auto json = to_json(config);
  if (config.schedule_frames != 0) json.erase("frames");
  json.erase("checkpoint_minutes");
  return json.dump();
}

// The same part of a configuration that was saved, perhaps before some members were there: these are as they stand then.
std::string fixed_part(const std::string& saved) {
  const auto json = nlohmann::ordered_json::parse(saved, nullptr, false);
  TrainConfig config;
  std::vector<std::string> mistakes;
  if (json.is_object()) apply_json(json, config, mistakes);
  return json.is_object() && mistakes.empty() ? fixed_part(config) : saved;
}

}  // namespace

void Trainer::save(const std::filesystem::path& path) const {
  Safetensors file;
  file.metadata = {{"format", kFormat},
                   {"config", fixed_part(config_)},
                   {"updates", std::to_string(updates_)},
                   {"gradient_steps", std::to_string(gradient_steps_)}};
  file.tensors["parameters"] = stored("F32", parameters_);
  file.tensors["adam.m"] = stored("F32", adam_m_);
  file.tensors["adam.v"] = stored("F32", adam_v_);
  file.tensors["state.h"] = stored("F32", actor_.h);
  file.tensors["state.c"] = stored("F32", actor_.c);
  file.tensors["state.starts"] = stored("U8", actor_.starts);
  file.tensors["environments"] = stored("U8", actor_.env.save());
  file.metadata["checksum"] = checksum(file);
  write_safetensors(path, file);
}

void Trainer::restore(const std::filesystem::path& path) {
  const Safetensors file = read_safetensors(path);
  const Reader reader(path, file);
  if (reader.text("format") != kFormat)
    reader.fail(fmt::format("has format '{}', this program reads '{}'", reader.text("format"), kFormat));
  if (reader.text("checksum") != checksum(file)) reader.fail("is damaged: its checksum does not match its content");
  if (fixed_part(reader.text("config")) != fixed_part(config_))
    reader.fail(fmt::format("was written under another configuration\n  there: {}\n  here:  {}", reader.text("config"),
                            fixed_part(config_)));
  reader.read("parameters", parameters_);
  reader.read("adam.m", adam_m_);
  reader.read("adam.v", adam_v_);
  reader.read("state.h", actor_.h);
  reader.read("state.c", actor_.c);
  reader.read("state.starts", actor_.starts);
  actor_.env.restore(reader.tensor("environments").data);
  updates_ = reader.number("updates");
  gradient_steps_ = reader.number("gradient_steps");
  network_->load(parameters_.data());
}

}  // namespace boxwarp
