// JSON of a network's shape, as weights carry it, and of a training's configuration.
#include <nlohmann/json.hpp>
#include <string>

#include "host/learner/config.hpp"
#include "host/learner/net_shape_json.hpp"
#include "levels/error.hpp"
#include "tests/fuzz/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace boxwarp;
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    const NetShape shape = shape_from_json(text);
    DEMAND(to_json(shape_from_json(to_json(shape))) == to_json(shape));
  } catch (const BadInput&) {
  }
  const auto json = nlohmann::ordered_json::parse(text, nullptr, false);
  if (json.is_discarded()) return 0;
  TrainConfig config;
  std::vector<std::string> mistakes;
  apply_json(json, config, mistakes);
  mistakes_in(config);
  return 0;
}
