"""boxwarp.torch: the module on boxwarp's kernels and its twin in PyTorch's own operations. Skipped without PyTorch."""

from __future__ import annotations

import copy
import importlib.util
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import channels_last, parameters_of, published_shape

import boxwarp

if importlib.util.find_spec("torch") is None:
    pytest.skip("needs torch", allow_module_level=True)

import torch

import boxwarp.torch

# Float32 on both sides, with sums in other orders: outputs are of size one, gradients are held to their largest element.
_OUTPUT_BOUND = 1e-5
_GRADIENT_SHARE = 1e-4

_SHAPES: list[dict[str, Any]] = [
    {"layers": 2, "ticks": 3},
    {"layers": 1, "ticks": 1, "encoder_kernel": 3, "input": "planes"},
    {"layers": 2, "ticks": 1, "boundary": "rim", "pooling": "full", "skip": "concatenation", "output_gate": "sigmoid"},
    {"layers": 1, "ticks": 2, "boundary": "none", "pooling": "none", "skip": "none", "head": "pooled"},
]
_SIZE = {"channels": 16, "height": 6, "width": 5, "hidden": 24}
_T, _B = 4, 9


def _pair(shape: dict[str, Any]) -> tuple[Any, Any]:
    net = boxwarp.torch.DRC(seed=2, **_SIZE, **shape)
    twin = boxwarp.torch.PlainDRC(net.shape)
    twin.load_state_dict(net.state_dict())
    return net, twin


def _case(net: Any, seed: int = 0) -> tuple[np.ndarray, Any, np.ndarray]:
    random = np.random.default_rng(seed)
    height, width = net.shape.height, net.shape.width
    cells = random.integers(0, 5, (_T, _B, height * width), dtype=np.uint8)
    player = random.integers(0, height * width, (_T, _B, 1))
    np.put_along_axis(cells, player, random.integers(5, 7, (_T, _B, 1), dtype=np.uint8), -1)
    cells = cells.reshape(_T, _B, height, width)
    state = tuple(
        torch.tensor(random.uniform(-0.8, 0.8, net.initial_state(_B).h.shape), dtype=torch.float32, requires_grad=True)
        for _ in range(2)
    )
    return cells, state, random.random((_T, _B)) < 0.3


def _loss(logits: Any, values: Any, state: Any) -> Any:
    """Of everything that comes out, with weights that tell elements apart."""
    generator = torch.Generator().manual_seed(5)
    return sum((torch.randn(part.shape, generator=generator) * part).sum() for part in (logits, values, *state))


def _close(found: Any, expected: Any) -> bool:
    largest = float(expected.abs().max())
    return bool(torch.isfinite(found).all()) and float((found - expected).abs().max()) <= _GRADIENT_SHARE * max(largest, 1e-6)


@pytest.mark.parametrize("shape", _SHAPES, ids=lambda shape: "-".join(str(word) for word in shape.values()))
def test_outputs_and_gradients_equal_those_of_the_twin(shape: dict[str, Any]) -> None:
    net, twin = _pair(shape)
    cells, state, starts = _case(net)
    found, expected = net(cells, state, starts), twin(cells, state, starts)
    for one, other in zip((*found[:2], *found[2]), (*expected[:2], *expected[2])):
        assert float((one - other).detach().abs().max()) <= _OUTPUT_BOUND
    gradients = torch.autograd.grad(_loss(*found), [*net.parameters(), *state])
    twins = torch.autograd.grad(_loss(*expected), [*twin.parameters(), *state])
    names = [name for name, _ in net.named_parameters()] + ["h", "c"]
    for name, one, other in zip(names, gradients, twins):
        assert _close(one, other), name


@pytest.mark.parametrize("kind", ["DRC", "PlainDRC"])
def test_recorded_outputs_and_gradients_of_the_published_network(kind: str, golden: Any) -> None:
    net = getattr(boxwarp.torch, kind)(published_shape(golden))
    net.load_state_dict({name: torch.tensor(values) for name, values in parameters_of(golden).items()})
    tensors = golden[1]
    state = [torch.tensor(channels_last(tensors[name]), requires_grad=True) for name in ("in.h0", "in.c0")]
    logits, values, _ = net(tensors["in.obs"], state, tensors["in.episode_start"])
    assert float((logits - torch.tensor(tensors["out.logits"])).detach().abs().max()) <= _OUTPUT_BOUND
    assert float((values - torch.tensor(tensors["out.value"])).detach().abs().max()) <= _OUTPUT_BOUND
    ((logits * torch.tensor(tensors["in.w_logits"])).sum() + (values * torch.tensor(tensors["in.w_value"])).sum()).backward()
    recorded = parameters_of(golden, "grad.")
    for name, parameter in net.named_parameters():
        assert _close(parameter.grad, torch.tensor(recorded[name])), name
    for name, part in zip(("h0", "c0"), state):
        assert _close(part.grad, torch.tensor(channels_last(recorded[name]))), name


def test_calls_can_be_chained_and_come_in_any_order() -> None:
    net, _ = _pair(_SHAPES[0])
    cells, state, starts = _case(net)
    whole = net(cells, state, starts)
    expected = torch.autograd.grad(_loss(*whole), [*net.parameters(), *state])
    one = net(cells[:3], state, starts[:3])
    other = net(cells[3:], one[2], starts[3:])
    both = torch.cat([one[0], other[0]]), torch.cat([one[1], other[1]]), other[2]
    with torch.no_grad():
        net(cells[:1])
    found = torch.autograd.grad(_loss(*both), [*net.parameters(), *state], retain_graph=True)
    again = torch.autograd.grad(_loss(*both), [*net.parameters(), *state])
    for a, b, c in zip(found, expected, again):
        assert _close(a, b) and torch.equal(a, c)


def test_stepping_is_the_agent_of_the_policy() -> None:
    policy = boxwarp.Policy.load("quick", device="cpu")
    net = boxwarp.torch.DRC.load("quick")
    envs = boxwarp.make_vec(6, "quick_test", device="cpu", size=(7, 7), output="torch")
    observations, _ = envs.reset(seed=1)
    starts, state, twin_state = torch.ones(6, dtype=torch.bool), None, None
    for _ in range(5):
        with torch.no_grad():
            logits, values, state = net.step(observations, state, starts)
        twin_logits, twin_values, twin_state = policy.step(observations, twin_state, starts)
        assert np.array_equal(logits.numpy(), twin_logits) and np.array_equal(values.numpy(), twin_values)
        observations, _, terminated, truncated, _ = envs.step(logits.argmax(-1))
        starts = terminated | truncated


def test_an_optimiser_learns_through_it() -> None:
    net, _ = _pair(_SHAPES[0])
    cells, _, starts = _case(net)
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3)
    losses = []
    for _ in range(15):
        _, values, _ = net(cells, None, starts)
        loss = ((values - torch.arange(_B) / _B) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.3 * losses[0]


def test_parameters_go_to_files_and_agents_and_back(tmp_path: Path) -> None:
    net, _ = _pair(_SHAPES[2])
    net.save(tmp_path / "model.safetensors")
    again = boxwarp.torch.PlainDRC.load(tmp_path / "model.safetensors")
    twin = boxwarp.torch.DRC.from_policy(net.policy(device="cpu"))
    copied, pickled = copy.deepcopy(net), pickle.loads(pickle.dumps(net))
    cells, state, starts = _case(net)
    for other in (again, twin, copied, pickled):
        assert all(torch.equal(a, b) for a, b in zip(net.state_dict().values(), other.state_dict().values()))
        with torch.no_grad():
            assert float((other(cells, state, starts)[0] - net(cells, state, starts)[0]).abs().max()) <= _OUTPUT_BOUND
    assert net.mlp_extractor.value_net.fc0 is net.mlp_extractor.policy_net.fc0
    assert "mlp_extractor.value_net.fc0.weight" in net.state_dict()
    assert sum(parameter.numel() for parameter in boxwarp.torch.DRC().parameters()) == 1_285_125


def test_state_dictionaries_of_published_files_are_taken() -> None:
    net, twin = _pair(_SHAPES[0])
    state = {name: tensor for name, tensor in net.state_dict().items() if "value_net.fc0" not in name}
    fence = "features_extractor.cell_list.1.fence_conv.weight"
    state[fence] = torch.cat([0.25 * state[fence], 0.75 * state[fence]], 1)
    twin.load_state_dict(state)
    assert torch.allclose(twin.state_dict()[fence], net.state_dict()[fence])
    state["mlp_extractor.value_net.fc0.bias"] = torch.ones(24)
    with pytest.raises(boxwarp.WeightsError, match="whose other name it is"):
        net.load_state_dict(state)


def test_what_does_not_fit_is_refused() -> None:
    net, _ = _pair(_SHAPES[0])
    boards = np.ones((1, 2, 6, 5), np.uint8)
    boards[..., 3, 3] = 5  # the player
    with pytest.raises(boxwarp.InputError, match=r"cells \(T, B, 6, 5\)"):
        net(np.zeros((2, 3, 7, 7), np.uint8))
    with pytest.raises(boxwarp.InputError, match=r"episode_starts: found the shape \(2,\), takes \(1, 2\)"):
        net(boards, None, np.zeros(2))
    with pytest.raises(boxwarp.InputError, match="Policy runs both"):
        boxwarp.torch.DRC(kind="resnet", ticks=1)
    values = net(boards)[1]
    with torch.no_grad():
        net.value_net.bias.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        values.sum().backward()

