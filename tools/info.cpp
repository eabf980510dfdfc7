// boxwarp info: what this program was built from and what it runs on, or what a file of weights holds.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "host/cuda/memory.hpp"
#include "host/engine/build_info.hpp"
#include "host/engine/device.hpp"
#include "host/engine/signature.hpp"
#include "host/learner/config.hpp"
#include "host/learner/net_options.hpp"
#include "host/learner/shipped_weights.hpp"
#include "host/learner/weights.hpp"
#include "levels/error.hpp"
#include "tools/arguments.hpp"
#include "tools/command.hpp"
#include "tools/output_file.hpp"

namespace boxwarp {

namespace {

constexpr std::int64_t kSignatureBatch = 4096;

// 64 bits that change with the rules of the game and with nothing else.
std::string signature_text() { return fmt::format("{:016x}", rules_signature(open_device("cpu"), kSignatureBatch)); }

// What computes the network of a preset on a device, on boards of Boxoban's size where it leaves that to the levels.
std::string kernels_text(const Device& device, const std::string& preset_name) {
  if (device.net == nullptr) return "none yet";
  NetShape shape = preset(preset_name).network;
  if (shape.height == 0) shape.height = NetShape{}.height;
  if (shape.width == 0) shape.width = NetShape{}.width;
  return device.net->kernels(shape, {});
}

nlohmann::ordered_json networks_json() {
  const Device device = open_device("auto");
  nlohmann::ordered_json networks;
  for (const std::string& name : preset_names()) networks[name] = kernels_text(device, name);
  return networks;
}

// null for what is not there.
nlohmann::ordered_json text_or_null(const std::string& text) {
  return text.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(text);
}

nlohmann::ordered_json as_json(const CudaReport& cuda) {
  if (!cuda.built) return {{"built", false}};
  nlohmann::ordered_json gpus = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < cuda.gpus.size(); ++i) {
    const GpuInfo& gpu = cuda.gpus[i];
    gpus.push_back({{"device", fmt::format("cuda:{}", i)},
                    {"name", gpu.name},
                    {"compute_capability", fmt::format("{}.{}", gpu.major, gpu.minor)},
                    {"multiprocessors", gpu.multiprocessors},
                    {"memory_bytes", gpu.memory_bytes},
                    {"l2_bytes", gpu.l2_bytes},
                    {"shared_bytes_per_block", gpu.shared_bytes},
                    {"clock_mhz", gpu.clock_mhz},
                    {"memory_clock_mhz", gpu.memory_clock_mhz},
                    {"memory_bus_bits", gpu.memory_bus_bits},
                    {"unusable", text_or_null(why_not_usable(cuda, static_cast<int>(i)))}});
  }
  const int driver = cuda.status.driver_version;
  return {{"built", true},
          {"architectures", architectures_text(cuda.architectures)},
          {"runtime", version_text(cuda.status.runtime_version)},
          {"driver", text_or_null(driver == 0 ? "" : version_text(driver))},
          {"gpus", std::move(gpus)},
          {"no_gpu", text_or_null(why_no_gpu(cuda.status))}};
}

nlohmann::ordered_json as_json(const BuildInfo& info) {
  return {{"version", info.version},
          {"commit", text_or_null(info.commit)},
          {"compiler", info.compiler},
          {"build_type", info.build_type},
          {"sanitizers", info.sanitizers},
          {"onednn", {{"version", info.onednn_version}, {"instruction_set", info.onednn_instruction_set}}},
          {"highway", {{"version", info.highway_version}, {"target", info.highway_target}}},
          {"threads", info.threads},
          {"backends", info.backends},
          {"networks", networks_json()},
          {"cuda", as_json(info.cuda)},
          {"signature", signature_text()}};
}

void line(std::string_view what, const std::string& value) { fmt::print("{:<14}{}\n", what, value); }

void print_cuda(const CudaReport& cuda) {
  if (!cuda.built) {
    line("CUDA", "none: this program was built without it");
    return;
  }
  const CudaStatus& status = cuda.status;
  line("CUDA",
       fmt::format("{}, for {}; driver {}", version_text(status.runtime_version), architectures_text(cuda.architectures),
                   status.driver_version == 0 ? "none" : "for CUDA " + version_text(status.driver_version)));
  for (std::size_t i = 0; i < cuda.gpus.size(); ++i) {
    const GpuInfo& gpu = cuda.gpus[i];
    line(fmt::format("cuda:{}", i),
         fmt::format("{}, sm_{}{}, {} multiprocessors at {} MHz, {} at {} MHz, L2 {}", gpu.name, gpu.major, gpu.minor,
                     gpu.multiprocessors, gpu.clock_mhz, bytes_text(gpu.memory_bytes), gpu.memory_clock_mhz,
                     bytes_text(gpu.l2_bytes)));
  }
}

void print_table(const BuildInfo& info) {
  line("version", info.version + (info.commit.empty() ? "" : " (" + info.commit + ")"));
  line("build", fmt::format("{}, {}{}", info.compiler, info.build_type,
                            info.sanitizers.empty() ? "" : ", sanitizers " + info.sanitizers));
  line("oneDNN", fmt::format("{}, runs {}", info.onednn_version, info.onednn_instruction_set));
  line("Highway", fmt::format("{}, runs {}", info.highway_version, info.highway_target));
  line("processor", fmt::format("{} threads", info.threads));
  print_cuda(info.cuda);
  const Device device = open_device("auto");
  line("device", device.name + " is what --device auto takes");
  if (!device.note.empty()) line("note", device.note);
  for (const std::string& name : preset_names())
    line("network", fmt::format("of preset {}: {}", name, kernels_text(device, name)));
  line("signature", signature_text() + " (of the rules)");
}

int tell_network(const Arguments& arguments) {
  const WeightNames names = option_named<WeightNames>("--names", arguments.text("names"));
  std::string note;
  const Weights weights = load_weights(weights_file(arguments.text("weights")), &note);
  if (arguments.has("out")) {
    const std::filesystem::path out = arguments.text("out");
    check_output("out", out);
    save_weights(out, weights, names);
  }
  double squares = 0;
  for (const float value : weights.values) squares += static_cast<double>(value) * static_cast<double>(value);
  if (arguments.flag("json")) {
    const nlohmann::ordered_json json{{"name", name_of(weights.shape)},
                                      {"parameters", weights.values.size()},
                                      {"norm", std::sqrt(squares)},
                                      {"network", nlohmann::ordered_json::parse(to_json(weights.shape))},
                                      {"note", text_or_null(note)}};
    fmt::print("{}\n", json.dump(2));
    return 0;
  }
  line("network", name_of(weights.shape));
  line("boards", fmt::format("{}x{}{}", weights.shape.height, weights.shape.width,
                             weights.shape.head == NetHead::pooled ? ", or any other size" : ""));
  line("parameters", fmt::format("{}, norm {:.2f}", weights.values.size(), std::sqrt(squares)));
  line("shape", to_json(weights.shape));
  if (!note.empty()) line("note", note);
  return 0;
}

}  // namespace

int info_command(int argc, char** argv) {
  Arguments arguments("info", "What this program was built from and what it picked on this machine, or what a network is",
                      "[--weights FILE [--out FILE --names flax]] [--json]",
                      "  boxwarp info\n  boxwarp info --json\n"
                      "  boxwarp info --weights model.safetensors\n"
                      "  boxwarp info --weights model.safetensors --out flax.safetensors --names flax\n");
  arguments.add()("weights", "tell of this network instead: a safetensors file, or the name of a shipped agent",
                  cxxopts::value<std::string>(),
                  "FILE")("out", "write its weights once more", cxxopts::value<std::string>(), "FILE")(
      "names", "that they get there: torch or flax", by_default("torch"), "KIND")("json", "print one JSON object");
  if (!arguments.parse(argc, argv)) return 0;
  if (arguments.has("weights")) return tell_network(arguments);
  if (arguments.has("out")) throw BadInput("--out: takes --weights FILE as well, which is what it writes");
  const BuildInfo info = build_info();
  if (arguments.flag("json")) {
    fmt::print("{}\n", as_json(info).dump(2));
  } else {
    print_table(info);
  }
  return 0;
}

}  // namespace boxwarp
