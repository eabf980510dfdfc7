"""boxwarp.Policy: what it takes, what it says, what it shows of its cells, and what it refuses."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import channels_last, parameters_of, published_shape

import boxwarp

# Float32 against double through 12 steps: what the file of recorded outputs promises for such code.
_GOLDEN_BOUND = 1e-5
_N = 11


def _boards(*shape: int) -> np.ndarray:
    """Floor, and a player in the first cell of each board."""
    cells = np.ones(shape, np.uint8)
    cells[..., 0, 0] = 5
    return cells


@pytest.fixture(scope="module")
def policy() -> boxwarp.Policy:
    return boxwarp.Policy.initial(layers=2, ticks=3, channels=16, height=10, width=10, hidden=32, seed=3, device="cpu")


def _observed(policy: boxwarp.Policy, **options: Any) -> np.ndarray:
    size = (policy.shape.height, policy.shape.width)
    envs = boxwarp.make_vec(_N, "boxoban-like-test", device="cpu", size=size, seed=1, **options)
    observations, _ = envs.reset()
    return np.array(observations)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("layout", ["chw", "hwc"])
@pytest.mark.parametrize("observation", ["rgb", "planes", "planes4", "cells", "packed"])
def test_every_kind_of_observation_shows_the_same_boards(
    policy: boxwarp.Policy, observation: str, layout: str, dtype: str
) -> None:
    logits, values, _ = policy.step(_observed(policy, observation="cells"))
    seen = policy.step(_observed(policy, observation=observation, layout=layout, dtype=dtype))
    assert np.array_equal(seen[0], logits) and np.array_equal(seen[1], values)


def test_packed_observations_of_large_boards_are_read_too() -> None:
    level = "\n".join(["#" * 12, "#@ $ .    *#", "#   +$    .#".replace("+", "."), "#" * 12])
    policy = boxwarp.Policy.initial(layers=1, ticks=1, channels=16, height=5, width=13, hidden=16, device="cpu")
    seen = []
    for observation in ("cells", "packed"):
        envs = boxwarp.make_vec(2, level + "\n", device="cpu", size=(5, 13), observation=observation)
        seen.append(policy.step(envs.reset()[0]))
    assert np.array_equal(seen[0][0], seen[1][0]) and np.array_equal(seen[0][1], seen[1][1])


def test_outputs_and_states_are_those_of_the_published_network(golden: Any) -> None:
    policy = boxwarp.Policy(published_shape(golden), parameters_of(golden), device="cpu")
    tensors = golden[1]
    state = boxwarp.State(channels_last(tensors["in.h0"]), channels_last(tensors["in.c0"]))
    for t, starts in enumerate(tensors["in.episode_start"]):
        logits, values, state, held = policy.step(tensors["in.obs"][t], state, starts, activations=True)
        assert np.abs(logits - tensors["out.logits"][t]).max() <= _GOLDEN_BOUND
        assert np.abs(values - tensors["out.value"][t]).max() <= _GOLDEN_BOUND
        assert np.abs(held["h"][-1] - channels_last(tensors["out.h"][t])).max() <= _GOLDEN_BOUND
        assert np.abs(state.c - channels_last(tensors["out.c"][t])).max() <= _GOLDEN_BOUND


def test_an_episode_start_zeroes_the_state_of_its_board_only(policy: boxwarp.Policy) -> None:
    observations = _observed(policy)
    _, _, state = policy.step(observations)
    starts = np.arange(_N) % 2 == 0
    fresh, going = policy.step(observations), policy.step(observations, state)
    mixed = policy.step(observations, state, starts)
    for one, other, both in zip(fresh[:2], going[:2], mixed[:2]):
        assert np.array_equal(np.where(starts.reshape(-1, *[1] * (one.ndim - 1)), one, other), both)
    assert not np.array_equal(fresh[0], going[0])


def test_thinking_is_stepping_on_the_same_board(policy: boxwarp.Policy) -> None:
    observations, state, told = _observed(policy), policy.initial_state(_N), []
    for _ in range(3):
        logits, values, state = policy.step(observations, state)
        told.append((logits, values))
    logits, values, after = policy.think(observations, steps=3)
    assert np.array_equal(logits, np.stack([step[0] for step in told]))
    assert np.array_equal(values, np.stack([step[1] for step in told]))
    assert np.array_equal(after.h, state.h) and np.array_equal(after.c, state.c)


def test_single_ticks_end_where_a_step_does(policy: boxwarp.Policy) -> None:
    observations = _observed(policy)
    logits, values, after, held = policy.step(observations, activations=True)
    tick_logits, tick_values, tick_after, ticks = policy.think(observations, ticks=3, activations=True)
    assert tick_logits.shape == (3, _N, 4) and tick_values.shape == (3, _N)
    assert np.array_equal(tick_logits[-1], logits) and np.array_equal(tick_values[-1], values)
    assert np.array_equal(tick_after.h, after.h)
    assert {name: array.shape for name, array in held.items()} == dict.fromkeys("hcijfo", (3, 2, _N, 10, 10, 16))
    for name, array in held.items():
        assert np.array_equal(ticks[name][:, 0], array), name


def test_activations_obey_the_equations_of_the_cell(policy: boxwarp.Policy) -> None:
    observations = _observed(policy)
    _, _, before = policy.step(observations)
    logits, _, after = policy.step(observations, before)
    same, _, _, held = policy.step(observations, before, activations=True)
    assert np.array_equal(same, logits)
    c = np.concatenate([before.c[None], held["c"]])
    assert np.allclose(c[1:], held["f"] * c[:-1] + held["i"] * held["j"], atol=1e-6)
    assert np.allclose(held["h"], held["o"] * np.tanh(held["c"]), atol=1e-6)
    assert np.array_equal(held["h"][-1], after.h) and np.array_equal(held["c"][-1], after.c)


@pytest.mark.parametrize("names", ["torch", "flax"])
def test_saved_weights_come_back(policy: boxwarp.Policy, names: str, tmp_path: Path) -> None:
    policy.save(tmp_path / "model.safetensors", names=names)
    again = boxwarp.Policy.load(tmp_path / "model.safetensors", device="cpu")
    assert again.shape == policy.shape and np.array_equal(again.flat_parameters, policy.flat_parameters)
    for twin in (boxwarp.Policy(policy.shape, policy.parameters, device="cpu"), pickle.loads(pickle.dumps(policy))):
        assert np.array_equal(twin.flat_parameters, policy.flat_parameters)
    assert "action_net.weight" in policy.parameters


def test_words_that_are_none_are_told_with_those_that_are(policy: boxwarp.Policy, tmp_path: Path) -> None:
    with pytest.raises(boxwarp.InputError, match="names: found 'jax', takes one of torch, flax"):
        policy.save(tmp_path / "model.safetensors", names="jax")
    with pytest.raises(boxwarp.InputError, match="precision: found 'fp8', takes one of bf16, bf16-wgmma, float32"):
        boxwarp.Policy(policy.shape, policy.parameters, device="cpu", precision="fp8")
    with pytest.raises(boxwarp.InputError, match="device: found 3, takes a name"):
        boxwarp.Policy.load("quick", device=3)
    for threads in (1.5, "two", True, -1, 2**40):
        with pytest.raises(boxwarp.InputError, match=f"threads: found {threads!r}, takes 0"):
            boxwarp.Policy.load("quick", device="cpu", threads=threads)
    assert not (tmp_path / "model.safetensors").exists()


def test_the_shipped_model_is_found_by_name_and_a_resnet_runs_too() -> None:
    quick = boxwarp.Policy.load("quick", device="cpu")
    assert quick.shape.as_dict()["height"] == 7 and "DRC(1, 1)" in repr(quick)
    resnet = boxwarp.Policy.initial(kind="resnet", layers=2, ticks=1, channels=16, height=6, width=6, hidden=16, device="cpu")
    logits, values, state = resnet.step(_boards(3, 6, 6))
    assert logits.shape == (3, 4) and state.h.shape == (0, 3, 6, 6, 16)


def test_a_pooled_head_plays_boards_of_another_size(tmp_path: Path) -> None:
    options = {"layers": 1, "ticks": 1, "channels": 16, "hidden": 16, "head": "pooled", "height": 8, "width": 8}
    boxwarp.Policy.initial(device="cpu", **options).save(tmp_path / "model.safetensors")
    larger = boxwarp.Policy.load(tmp_path / "model.safetensors", boards=(9, 12), device="cpu")
    assert larger.step(_boards(2, 9, 12))[0].shape == (2, 4)


def test_what_does_not_fit_is_refused_with_its_shape(policy: boxwarp.Policy) -> None:
    with pytest.raises(boxwarp.InputError, match=r"uint8 of shape \(2, 3, 7, 7\).*cells \(B, 10, 10\)"):
        policy.step(np.zeros((2, 3, 7, 7), np.uint8))
    with pytest.raises(ValueError, match=r"episode_starts: found the shape \(3,\), takes \(2,\)"):
        policy.step(_boards(2, 10, 10), None, np.zeros(3))
    with pytest.raises(ValueError, match=r"h: found the shape \(2, 3, 10, 10, 16\), takes \(2, 2, 10, 10, 16\)"):
        policy.step(_boards(2, 10, 10), policy.initial_state(3))
    with pytest.raises(boxwarp.InputError, match="codes 1 to 9"):
        policy.step(np.where(np.arange(100).reshape(1, 10, 10) == 4, 9, 1))
    with pytest.raises(boxwarp.InputError, match=r"pixel at \(0, 2, 3\) is \[1, 2, 3\]"):
        picture = np.zeros((1, 10, 10, 3), np.uint8)
        picture[0, 2, 3] = (1, 2, 3)
        policy.step(picture)
    with pytest.raises(boxwarp.InputError, match="not one-hot"):
        policy.step(np.ones((1, 7, 10, 10), np.uint8))
    with pytest.raises(boxwarp.InputError, match="one of them"):
        policy.think(_boards(1, 10, 10), steps=1, ticks=2)


def test_a_single_board_is_not_taken_for_many() -> None:
    quick = boxwarp.Policy.load("quick", device="cpu")
    for observation in ("planes", "planes4", "rgb", "cells"):
        board, _ = boxwarp.make("quick_test", observation=observation, seed=0).reset()
        with pytest.raises(boxwarp.InputError, match=r"a single board goes in as observations\[None\]"):
            quick.step(board)
        assert quick.step(board[None])[0].shape == (1, 4)
    with pytest.raises(boxwarp.InputError, match=r"board \(1\) has 7 players"):
        quick.step(np.concatenate([_boards(1, 7, 7), np.where(np.eye(7) == 1, 5, _boards(7, 7))[None]]))


@pytest.mark.parametrize("layout", ["chw", "hwc"])
def test_planes_of_seven_rows_and_columns_are_told_apart_by_their_content(layout: str) -> None:
    quick = boxwarp.Policy.load("quick", device="cpu")
    seen = []
    for options in ({"observation": "cells"}, {"observation": "planes", "layout": layout}):
        seen.append(quick.step(boxwarp.make_vec(_N, "quick_test", device="cpu", seed=1, **options).reset()[0]))
    assert np.array_equal(seen[0][0], seen[1][0])


def test_weights_that_do_not_fit_are_refused_with_the_whole_list(policy: boxwarp.Policy, tmp_path: Path) -> None:
    wrong = policy.parameters
    del wrong["action_net.bias"]
    wrong["value_net.weight"] = np.zeros((2, 2))
    wrong["more"] = np.zeros(1)
    with pytest.raises(boxwarp.WeightsError) as told:
        boxwarp.Policy(policy.shape, wrong)
    for line in ("action_net.bias is missing", "value_net.weight has the shape (2, 2)", "more belongs to no such network"):
        assert line in str(told.value)
    with pytest.raises(boxwarp.WeightsError, match="nowhere.safetensors: there is no such file.*shipped are .*quick"):
        boxwarp.Policy.load("nowhere.safetensors")
    (tmp_path / "cut.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{")
    with pytest.raises(boxwarp.WeightsError, match="cut.safetensors"):
        boxwarp.Policy.load(tmp_path / "cut.safetensors")
    assert issubclass(boxwarp.WeightsError, boxwarp.InputError)
    with pytest.raises(boxwarp.InputError, match="channels"):
        boxwarp.Policy.initial(channels=7)
