"""boxwarp.make: one environment for Gymnasium."""

from __future__ import annotations

import copy
import pickle
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import boxwarp


@pytest.mark.parametrize("observation", ["rgb", "planes", "cells", "packed"])
def test_gymnasiums_checker_finds_nothing(observation: str) -> None:
    env = boxwarp.make(levels="quick_test", observation=observation, render_mode="rgb_array")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*alternative render modes.*")  # needs a spec, which made environments have
        check_env(env)
    check_env(gymnasium.make("boxwarp/Sokoban-v0", levels="quick_test", observation=observation).unwrapped)


def test_an_episode_ends_with_its_figures(board: str) -> None:
    env = boxwarp.make(levels=board)
    env.reset(seed=0, options={"level_id": 0})
    total = 0.0
    for action in (3, 3, 3):
        observation, reward, terminated, truncated, info = env.step(action)
        total += reward
    assert terminated and not truncated and info["solved"]
    assert info["episode_length"] == 3 and info["episode_return"] == pytest.approx(total)


def test_observations_are_the_callers_own() -> None:
    env = boxwarp.make()
    first, _ = env.reset(seed=3)
    kept = first.copy()
    for _ in range(10):
        env.step(env.action_space.sample())
    assert np.array_equal(first, kept)


def test_an_environment_goes_on_in_its_copy() -> None:
    env = boxwarp.make("quick_test", seed=4, max_steps=40)
    env.reset()
    env.step(2)
    for twin in (copy.deepcopy(env), pickle.loads(pickle.dumps(env))):
        state = env.get_state()
        for _ in range(3):
            for action in (0, 3, 1, 2, 2):
                one, other = env.step(action), twin.step(action)
                assert np.array_equal(one[0], other[0]) and one[1:4] == other[1:4]
            assert env.reset()[1] == twin.reset()[1]
        env.set_state(state)


def test_seeds_that_are_none_are_told_and_nothing_changes() -> None:
    env = boxwarp.make(seed=4)
    env.reset()
    state = env.get_state()
    for seed in (-1, 2**64, 1.5, "one"):
        with pytest.raises(boxwarp.InputError, match="reset: found seed"):
            env.reset(seed=seed)
    assert env.get_state() == state and env.np_random_seed == 4


def test_options_of_many_environments_are_refused() -> None:
    with pytest.raises(boxwarp.InputError, match="autoreset"):
        boxwarp.make(autoreset="next_step")


def test_environments_without_a_seed_play_episodes_of_their_own() -> None:
    envs = gymnasium.vector.SyncVectorEnv([lambda: boxwarp.make(observation="cells") for _ in range(4)])
    assert len(set(envs.reset()[1]["level_id"].tolist())) > 1  # of tens of thousands of levels
    env = boxwarp.make()
    episodes = [env.reset()[1]["level_id"] for _ in range(5)]
    again = boxwarp.make(seed=env.np_random_seed)
    assert [again.reset()[1]["level_id"] for _ in range(5)] == episodes
    assert env.reset(seed=env.np_random_seed)[1]["level_id"] == episodes[0]
