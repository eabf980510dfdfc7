"""boxwarp.evaluate beside the command, and beside play through Policy and make_vec."""

from __future__ import annotations

import json
import os
import subprocess

import numpy as np
import pytest

import boxwarp


def test_it_tells_what_the_command_tells() -> None:
    command = os.environ.get("BOXWARP_COMMAND", "")
    if not command:
        pytest.skip("BOXWARP_COMMAND names no boxwarp to compare with")
    shipped = boxwarp.shipped()
    arguments = ["--weights", shipped["models"]["quick"], "--levels", shipped["levels"]["quick_test"], "--think", "0,2"]
    run = subprocess.run(
        [command, "eval", *arguments, "--limit", "60", "--device", "cpu", "--cycles", "--json", "--quiet"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    told = json.loads(run.stdout)
    table = boxwarp.evaluate(boxwarp.Policy.load("quick"), "quick_test", [0, 2], limit=60, device="cpu")
    assert list(table) == told["thinking"] and table.levels == told["levels"]


def test_an_agent_may_be_named_and_one_number_of_thinking_steps_given() -> None:
    expected = boxwarp.evaluate(boxwarp.Policy.load("quick", device="cpu"), "quick_test", [2], limit=20, device="cpu")
    assert list(boxwarp.evaluate("quick", "quick_test", 2, limit=20, device="cpu")) == list(expected)


def test_it_is_greedy_play_after_thinking() -> None:
    policy = boxwarp.Policy.load("quick", device="cpu")
    done = []
    table = boxwarp.evaluate(policy, "quick_test", [1], limit=20, cap=30, device="cpu", progress=done.append)
    assert done[-1] == 20
    envs = boxwarp.make_vec(20, "quick_test", device="cpu", size=(7, 7), min_steps=30, max_steps=30, autoreset="disabled")
    observations, _ = envs.reset(options={"level_ids": np.arange(20)})
    _, _, state = policy.think(observations, steps=1)
    solved, length = np.zeros(20, bool), np.full(20, 30)
    for step in range(30):
        logits, _, state = policy.step(observations, state)
        observations, _, terminated, _, _ = envs.step(logits.argmax(-1))
        length[terminated & ~solved] = step + 1
        solved |= terminated
    assert np.array_equal(table.of_levels["solved"][0], solved) and np.array_equal(table.of_levels["length"][0], length)
    assert table[0]["solved"] == solved.mean()


def test_it_prints_as_a_table_and_refuses_what_does_not_fit() -> None:
    policy = boxwarp.Policy.load("quick", device="cpu")
    lines = str(boxwarp.evaluate(policy, "quick_test", limit=5, device="cpu")).splitlines()
    assert lines[0] == "5 levels" and "thinking steps" in lines[2] and len(lines) == 6
    with pytest.raises(boxwarp.InputError, match="levels that fit"):
        boxwarp.evaluate(policy, "boxoban-like-test", [0])
    with pytest.raises(boxwarp.InputError, match="think"):
        boxwarp.evaluate(policy, "quick_test", [])
    with pytest.raises(boxwarp.InputError, match="^cap: found 0, takes 1 or more"):
        boxwarp.evaluate(policy, "quick_test", [0], cap=0)
    with pytest.raises(boxwarp.InputError, match="^no_op: the network has 4 actions"):
        boxwarp.evaluate(policy, "quick_test", [0], no_op=True)
    with pytest.raises(boxwarp.InputError, match=r"think: found \[0, 'two'\], takes whole numbers"):
        boxwarp.evaluate(policy, "quick_test", [0, "two"])  # type: ignore[list-item]
    with pytest.raises(boxwarp.InputError, match="device: found 0, takes a name"):
        boxwarp.evaluate(policy, "quick_test", device=0)  # type: ignore[arg-type]
    with pytest.raises(boxwarp.InputError, match="policy: found dict, takes a Policy, a file"):
        boxwarp.evaluate({}, "quick_test")  # type: ignore[arg-type]
    with pytest.raises(boxwarp.InputError, match="precision: found 'fp8', takes one of bf16, bf16-wgmma, float32"):
        boxwarp.evaluate(policy, "quick_test", [0], precision="fp8")
