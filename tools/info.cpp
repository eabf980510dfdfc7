// boxwarp info: what this program was built from and what it runs on.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "host/engine/build_info.hpp"
#include "host/engine/device.hpp"
#include "host/engine/signature.hpp"
#include "tools/arguments.hpp"
#include "tools/command.hpp"

namespace boxwarp {

namespace {

constexpr std::int64_t kSignatureBatch = 4096;

// 64 bits that change with the rules of the game and with nothing else.
std::string signature_text() { return fmt::format("{:016x}", rules_signature(open_device("cpu"), kSignatureBatch)); }

nlohmann::ordered_json as_json(const BuildInfo& info) {
  return {{"version", info.version},
          {"commit", info.commit.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(info.commit)},
          {"compiler", info.compiler},
          {"build_type", info.build_type},
          {"sanitizers", info.sanitizers},
          {"onednn", {{"version", info.onednn_version}, {"instruction_set", info.onednn_instruction_set}}},
          {"highway", {{"version", info.highway_version}, {"target", info.highway_target}}},
          {"threads", info.threads},
          {"backends", info.backends},
          {"signature", signature_text()}};
}

void print_table(const BuildInfo& info) {
  const auto line = [](std::string_view what, const std::string& value) { fmt::print("{:<14}{}\n", what, value); };
  line("version", info.version + (info.commit.empty() ? "" : " (" + info.commit + ")"));
  line("build", fmt::format("{}, {}{}", info.compiler, info.build_type,
                            info.sanitizers.empty() ? "" : ", sanitizers " + info.sanitizers));
  line("oneDNN", fmt::format("{}, runs {}", info.onednn_version, info.onednn_instruction_set));
  line("Highway", fmt::format("{}, runs {}", info.highway_version, info.highway_target));
  line("processor", fmt::format("{} threads", info.threads));
  const bool cuda = std::find(info.backends.begin(), info.backends.end(), "cuda") != info.backends.end();
  line("devices", cuda ? "cpu, cuda" : "cpu (this program was built without its CUDA half)");
  line("signature", signature_text() + " (of the rules)");
}

}  // namespace

int info_command(int argc, char** argv) {
  Arguments arguments("info", "What this program was built from, and what it picked on this machine", "[--json]",
                      "  boxwarp info\n  boxwarp info --json\n");
  arguments.add()("json", "print one JSON object");
  if (!arguments.parse(argc, argv)) return 0;
  const BuildInfo info = build_info();
  if (arguments.flag("json")) {
    fmt::print("{}\n", as_json(info).dump(2));
  } else {
    print_table(info);
  }
  return 0;
}

}  // namespace boxwarp
