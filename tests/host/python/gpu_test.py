"""Environments beside a GPU. Skipped where there is none; tests/ptx runs them without one."""

from __future__ import annotations

import threading
from typing import Optional

import gymnasium
import numpy as np
import pytest

import boxwarp


@pytest.fixture(scope="module", autouse=True)
def _gpu() -> None:
    try:
        boxwarp.make_vec(1, device="cuda", output="dlpack")
    except boxwarp.DeviceError as error:
        pytest.skip(str(error))


def test_numpy_arrays_mean_the_processor() -> None:
    for envs in (boxwarp.make_vec(4), gymnasium.make_vec("boxwarp/Sokoban-v0", num_envs=4).unwrapped):
        assert envs.engine.on_processor
        envs.reset()
        assert isinstance(envs.step(np.zeros(4, np.int64))[0], np.ndarray)
    with pytest.raises(boxwarp.InputError, match="NumPy arrays cannot lie on a GPU"):
        boxwarp.make_vec(4, device="cuda")


def test_other_arrays_mean_the_gpu_and_lie_there() -> None:
    envs = boxwarp.make_vec(4, output="dlpack", seed=5)
    assert not envs.engine.on_processor and envs.engine.device.startswith("cuda:0")
    observations, infos = envs.reset()
    for _ in range(2):  # as often as somebody asks
        assert observations.__dlpack_device__() == (2, 0) and observations.__dlpack__() is not None
    observations, rewards, terminated, truncated, infos = envs.step(np.zeros(4, np.int64))
    for array in (observations, rewards, terminated, truncated, infos["level_id"], infos["final_obs"]):
        assert array.__dlpack_device__() == (2, 0)
    assert "_level_id" in infos and "_final_obs" not in infos


def test_steps_from_several_threads_take_turns() -> None:
    shared, alone = boxwarp.make_vec(4, output="dlpack", seed=5), boxwarp.make_vec(4, seed=5)
    shared.reset(), alone.reset()
    actions = np.arange(4)

    def steps() -> None:
        for _ in range(10):
            shared.step(actions)
            shared.engine.render(8)

    threads = [threading.Thread(target=steps) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for _ in range(30):
        alone.step(actions)
    assert np.array_equal(shared.engine.render(8), alone.engine.render(8))


def test_an_agent_is_evaluated_in_its_own_precision_or_the_one_asked_for() -> None:
    level = "#######\n#  .  #\n#  $  #\n#  @  #\n#     #\n#     #\n#######\n"  # solved by a move up
    shape = boxwarp.NetworkShape({"layers": 1, "ticks": 1, "channels": 16, "height": 7, "width": 7, "hidden": 16})
    weights = boxwarp.Policy.initial(device="cpu", seed=1, **shape.as_dict()).parameters
    # Two hidden units that bf16 cannot tell apart: up where they are equal, down or left where one is larger.
    hidden, actions = weights["mlp_extractor.policy_net.fc0.weight"], weights["action_net.weight"]
    hidden[0] = np.where(hidden[0] < 0, -(2.0**-6), 2.0**-6)
    hidden[1] = hidden[0] * (1 + 2.0**-10)
    weights["mlp_extractor.policy_net.fc0.bias"][:2] = 10
    actions[:] = 0
    actions[:3, :2] = [[1, 0], [0, 1], [2, -1]]
    weights["action_net.bias"][:] = [0, 0, 0, -100]

    def solves(of_policy: str, asked: Optional[str] = None) -> bool:
        policy = boxwarp.Policy(shape, weights, device="cuda", precision=of_policy)
        table = boxwarp.evaluate(policy, level, [0], cap=1, device="cuda", precision=asked)
        return bool(table.of_levels["solved"][0, 0])

    assert solves("bf16") and not solves("float32")
    assert solves("float32", "bf16") and not solves("bf16", "float32")
