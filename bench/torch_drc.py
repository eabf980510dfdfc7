#!/usr/bin/env python3
"""How fast DRC runs in PyTorch and in boxwarp, side by side: the same shapes, batches and threads, in one run.

    bench/torch_drc.py --build build/bench > bench/results/torch_drc.json
    bench/torch_drc.py --device cuda                 # PyTorch alone, on a GPU
    bench/torch_drc.py --golden golden_drc11.safetensors --rounds 0

PyTorch is no dependency of boxwarp: install it where this script runs. The module below is the published network as it is
written, in PyTorch's own operations; --golden holds it to recorded outputs and gradients of the published code. Rounds take
one sample of every kind in turn, so that what else runs on the machine disturbs all alike; medians, and the ratio of medians,
are printed as JSON. On a busy machine --clock processor counts the seconds that the process ran, not those that passed; it is
for one thread. boxwarp's figures come from bench/net_speed of the build folder (-DBOXWARP_BENCH=ON), on a processor.
"""
import argparse
import json
import os
import statistics
import struct
import subprocess
import sys
import time

import torch
from machine import processor
from torch import nn
from torch.nn import functional

COLOURS = [(0, 0, 0), (243, 248, 238), (254, 126, 125), (254, 95, 56), (142, 121, 56), (160, 212, 56), (219, 212, 56)]

# name, network, boards, steps, backward, benchmark of bench/net_speed
DRC33 = dict(layers=3, ticks=3, channels=32, size=10, hidden=256, kernel=4, planes=False)
QUICK = dict(layers=1, ticks=1, channels=16, size=7, hidden=128, kernel=3, planes=True)
CASES = [
    ("inference of DRC(3,3), 256 boards", DRC33, 256, 1, False, "forward/drc33_256x1"),
    ("forward and backward of DRC(3,3), 32 boards x 20 steps", DRC33, 32, 20, True, "forward_backward/drc33_32x20"),
    ("inference of the quick start's network, 64 boards", QUICK, 64, 1, False, "forward/quick_1tick_64x1"),
    ("forward and backward of the quick start's network, 16 boards x 20 steps", QUICK, 16, 20, True,
     "forward_backward/quick_1tick_16x20"),
]


class Cell(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv_ih = nn.Conv2d(3 * channels, 4 * channels, 3, padding=1)
        self.conv_hh = nn.Conv2d(channels, 4 * channels, 3, padding=1, bias=False)
        self.fence_conv = nn.Conv2d(1, 4 * channels, 3, bias=False)
        self.pool_project = nn.Parameter(torch.randn(2, channels) * 0.5**0.5)

    def forward(self, e, p, h, c):
        pooled = self.pool_project[0] * h.amax((2, 3)) + self.pool_project[1] * h.mean((2, 3))
        inputs = torch.cat([e, p, pooled[:, :, None, None].expand_as(h)], 1)
        fence = functional.pad(e.new_zeros(1, 1, *e.shape[2:]), (1, 1, 1, 1), value=1.0)
        i, j, f, o = (self.conv_ih(inputs) + self.conv_hh(h) + self.fence_conv(fence)).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.tanh(i) * torch.sigmoid(j)
        return torch.tanh(o) * torch.tanh(c), c


class Drc(nn.Module):
    """Logits and values (T, B, ...) of cell codes (T, B, H, W); h and c are lists of (B, C, H, W) for each layer."""

    def __init__(self, layers, ticks, channels, size, hidden, kernel, planes):
        super().__init__()
        self.ticks = ticks
        colours = torch.eye(7) if planes else torch.tensor(COLOURS) / 255
        self.register_buffer("colours", colours, persistent=False)
        self.pre_model = nn.Sequential(nn.Conv2d(colours.shape[1], channels, kernel, padding="same"), nn.Identity(),
                                       nn.Conv2d(channels, channels, kernel, padding="same"))
        self.cell_list = nn.ModuleList(Cell(channels) for _ in range(layers))
        self.fc0 = nn.Linear(size * size * channels, hidden)
        self.action_net = nn.Linear(hidden, 4)
        self.value_net = nn.Linear(hidden, 1)

    def encode(self, cells):
        image = self.colours[cells.flatten(0, 1).long()].permute(0, 3, 1, 2)
        return self.pre_model(image).unflatten(0, cells.shape[:2])

    def step(self, e, starts, h, c):
        """All ticks of one step; also gives what the heads see."""
        keep = (1 - starts.to(e.dtype))[:, None, None, None]
        h, c = [x * keep for x in h], [x * keep for x in c]
        for _ in range(self.ticks):
            p = h[-1]
            for d, cell in enumerate(self.cell_list):
                h[d], c[d] = cell(e, p, h[d], c[d])
                p = h[d]
        return (h[-1] + e).permute(0, 2, 3, 1).flatten(1), h, c

    def heads(self, outputs):
        hidden = functional.relu(self.fc0(outputs))
        return self.action_net(hidden), self.value_net(hidden).squeeze(-1)

    def forward(self, cells, starts, h, c):
        encoded, outputs = self.encode(cells), []
        for t in range(len(cells)):
            output, h, c = self.step(encoded[t], starts[t], h, c)
            outputs.append(output)
        return *self.heads(torch.stack(outputs)), h, c


def compiled(net, steps):
    """The whole network where it runs one step. The compiler does not come to an end with an unroll of 20 steps in a quarter of
    an hour, so that there its parts are compiled, as one would to train it."""
    if steps == 1:
        return torch.compile(net)
    net.encode, net.step, net.heads = torch.compile(net.encode), torch.compile(net.step), torch.compile(net.heads)
    return net


def published_state(golden):
    """The parameters of the file under this module's names."""
    names = {"features_extractor.": "", "mlp_extractor.policy_net.": ""}
    state = {}
    for name, value in golden.items():
        if not name.startswith("param.") or "mlp_extractor.value_net" in name:
            continue
        name = name.removeprefix("param.")
        for prefix, short in names.items():
            name = name.replace(prefix, short)
        state[name] = value
    return state


def read_safetensors(path):
    types = {"F32": torch.float32, "F64": torch.float64, "U8": torch.uint8, "I32": torch.int32, "I64": torch.int64}
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = bytearray(file.read())
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = torch.frombuffer(data[begin:end], dtype=types[entry["dtype"]]).reshape(entry["shape"])
    return metadata, tensors


def check_golden(path):
    metadata, golden = read_safetensors(path)
    depth = int(metadata["depth"])
    net = Drc(depth, int(metadata["ticks"]), int(metadata["channels"]), golden["in.board"].shape[-1],
              golden["param.mlp_extractor.policy_net.fc0.bias"].numel(), 4, False)
    net.load_state_dict(published_state(golden))
    logits, values, _, _ = net(golden["in.board"], golden["in.episode_start"], list(golden["in.h0"]), list(golden["in.c0"]))
    (logits * golden["in.w_logits"]).sum().add((values * golden["in.w_value"]).sum()).backward()
    worst = max((logits - golden["out.logits"]).abs().max(), (values - golden["out.value"]).abs().max()).item()
    assert worst < 1e-4, f"outputs differ from the recorded ones by {worst}"
    for name, parameter in net.named_parameters():
        full = next(key for key in golden if key.startswith("grad.") and key.endswith(name) and "value_net.fc0" not in key)
        error = (parameter.grad - golden[full]).abs().max() / golden[full].abs().max()
        assert error < 1e-3, f"the gradient of {name} differs by {error} of its largest element"
    print(f"{path}: outputs within {worst:.1e}, gradients too", file=sys.stderr)


class Sampler:
    """One kind of running one case in PyTorch; sample() is frames a second."""

    def __init__(self, case, kind, device):
        _, shape, boards, steps, self.backward, _ = case
        torch.manual_seed(1)
        self.frames, self.device, self.bf16 = boards * steps, device, "bf16" in kind
        net = Drc(**shape).to(device)
        if shape is DRC33:
            assert sum(p.numel() for p in net.parameters()) == 1285125, "not the published network"
        layout = torch.channels_last if "channels-last" in kind else torch.contiguous_format
        self.parameters = list(net.parameters())
        net = net.to(memory_format=layout)
        self.net = compiled(net, steps) if "compiled" in kind else net
        size = shape["size"]
        self.cells = torch.randint(0, 7, (steps, boards, size, size), dtype=torch.uint8, device=device)
        self.starts = (torch.rand(steps, boards, device=device) < 1 / 40).to(torch.uint8)
        state = [torch.rand(boards, shape["channels"], size, size, device=device) - 0.5 for _ in range(shape["layers"])]
        self.state = [x.contiguous(memory_format=layout) for x in state]
        self.grad_logits = torch.rand(steps, boards, 4, device=device) - 0.5
        self.grad_values = torch.rand(steps, boards, device=device) - 0.5
        self.once()

    def once(self):
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16), torch.set_grad_enabled(self.backward):
            logits, values, _, _ = self.net(self.cells, self.starts, self.state, self.state)
            if self.backward:
                loss = (logits.float() * self.grad_logits).sum() + (values.float() * self.grad_values).sum()
        if self.backward:
            for parameter in self.parameters:
                parameter.grad = None
            loss.backward()
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def sample(self, seconds, clock):
        now = time.process_time if clock == "processor" else time.perf_counter
        started, runs = now(), 0
        while runs == 0 or now() - started < seconds:
            self.once()
            runs += 1
        return runs * self.frames / (now() - started)


def boxwarp_sample(program, case, threads, seconds, clock):
    _, _, boards, steps, _, benchmark = case
    output = subprocess.run([program, f"--benchmark_filter=^{benchmark}/{threads}/real_time$", "--benchmark_format=json",
                             f"--benchmark_min_time={seconds}"], check=True, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL).stdout
    result = json.loads(output)["benchmarks"][0]
    if clock == "wall":
        return result["frames/s"]
    return boards * steps / (result["cpu_time"] * {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}[result["time_unit"]])


def measured(case, threads, kinds, device, program, rounds, seconds, clock):
    torch.set_num_threads(threads)
    samplers, failures = {}, {}
    for kind in kinds:
        try:
            samplers[kind] = Sampler(case, kind, device)
        except Exception as failure:  # a kind that this PyTorch or this machine does not have
            failures[kind] = str(failure).strip().splitlines()[0][:200]
    samples = {kind: [] for kind in samplers}
    if program:
        samples["boxwarp"] = []
    for _ in range(rounds):
        for kind, sampler in samplers.items():
            samples[kind].append(sampler.sample(seconds, clock))
        if program:
            samples["boxwarp"].append(boxwarp_sample(program, case, threads, seconds, clock))
    result = {"case": case[0], "threads": threads, "failures": failures, "frames_per_second": {}}
    for kind, values in samples.items():
        result["frames_per_second"][kind] = {"median": round(statistics.median(values), 1),
                                             "samples": [round(value, 1) for value in values]}
    medians = {kind: statistics.median(values) for kind, values in samples.items() if kind != "boxwarp"}
    result["best_of_pytorch"] = max(medians, key=medians.get)
    # bf16 is another precision: boxwarp's float32 is held to PyTorch's.
    best = max(value for kind, value in medians.items() if "bf16" not in kind)
    if program:
        result["boxwarp_to_best_float32"] = round(statistics.median(samples["boxwarp"]) / best, 3)
    print(json.dumps(result)[:400], file=sys.stderr)
    return result


def first_line(command):
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return None


def machine(device, program):
    info = first_line([os.path.join(os.path.dirname(program), "../boxwarp"), "info"]) if program else None
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "load_before": os.getloadavg()[0],
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "pytorch": torch.__version__,
        "pytorch_build": next((line.strip() for line in torch.__config__.show().splitlines() if "oneDNN" in line), None),
        "compiler": first_line(["c++", "--version"]) if program else None,
        "commit": first_line(["git", "rev-parse", "--short=12", "HEAD"]),
        "boxwarp": info,
    }


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--build", help="a Release build with -DBOXWARP_BENCH=ON; without it PyTorch alone is measured")
    arguments.add_argument("--device", default="auto", help="auto, cpu or cuda")
    arguments.add_argument("--threads", default="1,2", help="of the processor, a list")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=float, default=1.0, help="of each sample")
    arguments.add_argument("--clock", default="wall", choices=["wall", "processor"])
    arguments.add_argument("--kinds", default="eager,channels-last,compiled,compiled channels-last,bf16 channels-last")
    arguments.add_argument("--cases", default="", help="part of the name of those to run")
    arguments.add_argument("--golden", help="a file of recorded outputs to hold this module to")
    options = arguments.parse_args()
    if options.golden:
        check_golden(options.golden)
    if options.rounds == 0:
        return
    if options.clock == "processor" and options.threads != "1":
        sys.exit("--clock processor: takes --threads 1 as well")
    name = options.device if options.device != "auto" else ("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(name)
    program = os.path.join(options.build, "bench/net_speed") if options.build and name == "cpu" else None
    result = {"what": "frames a second of DRC in PyTorch and in boxwarp (net_speed), float32 but where bf16 is named",
              "machine": machine(device, program), "clock": options.clock, "rounds": options.rounds, "seconds": options.seconds, "results": []}
    for case in CASES:
        if options.cases not in case[0]:
            continue
        for threads in [int(word) for word in options.threads.split(",")]:
            result["results"].append(measured(case, threads, options.kinds.split(","), device, program, options.rounds,
                                              options.seconds, options.clock))
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
