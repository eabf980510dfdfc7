"""boxwarp.make_vec: arrays, episodes, errors, states."""

from __future__ import annotations

import copy
import gc
import pickle
from typing import Any

import gymnasium
import numpy as np
import pytest
from conftest import play, same
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers.vector import RecordEpisodeStatistics

import boxwarp


def test_arrays_keep_their_addresses_from_step_to_step() -> None:
    envs = boxwarp.make_vec(5, levels="quick_train", device="cpu")
    first, _ = envs.reset()
    addresses = None
    for _ in range(40):
        observations, rewards, terminated, truncated, infos = envs.step(envs.random_actions())
        now = [a.__array_interface__["data"][0] for a in (observations, rewards, terminated, truncated, infos["final_obs"])]
        assert addresses in (None, now)
        addresses = now
    assert first.__array_interface__["data"][0] == addresses[0]


def test_arrays_outlive_their_environments() -> None:
    envs = boxwarp.make_vec(3, levels="quick_train", device="cpu")
    observations, _ = envs.reset(seed=1)
    content = observations.copy()
    envs.close()
    del envs
    gc.collect()
    assert np.array_equal(observations, content)


def test_two_buffers_keep_the_last_two_observations() -> None:
    one = boxwarp.make_vec(6, levels="quick_train", device="cpu", seed=4)
    two = boxwarp.make_vec(6, levels="quick_train", device="cpu", seed=4, double_buffer=True)
    last, _ = two.reset()
    expected = one.reset()[0].copy()
    for _ in range(150):
        actions = one.random_actions()
        now = two.step(actions)[0]
        assert np.array_equal(last, expected)
        expected = one.step(actions)[0].copy()
        assert np.array_equal(now, expected)
        last = now


@pytest.mark.parametrize("mode", ["same_step", "next_step", "disabled"])
def test_two_buffers_show_what_one_does_in_every_mode(mode: str) -> None:
    options = {"levels": "quick_train", "device": "cpu", "seed": 9, "autoreset": mode, "min_steps": 3, "max_steps": 9}
    one, two = boxwarp.make_vec(7, **options), boxwarp.make_vec(7, double_buffer=True, **options)
    one.reset(), two.reset()
    for t in range(40):
        if t % 15 == 14:
            mask = np.arange(7) % 2 == 0
            assert np.array_equal(one.reset(options={"reset_mask": mask})[0], two.reset(options={"reset_mask": mask})[0])
        actions = one.random_actions()
        assert np.array_equal(one.step(actions)[0], two.step(actions)[0])


def test_the_solution_is_terminated_and_its_figures_told(board: str) -> None:
    envs = boxwarp.make_vec(2, levels=board, device="cpu")
    envs.reset()
    for _ in range(2):
        _, _, terminated, truncated, infos = envs.step(np.array([3, 2]))
        assert not terminated.any() and not truncated.any() and not infos["_final_obs"].any()
    _, rewards, terminated, truncated, infos = envs.step(np.array([3, 2]))
    assert rewards.tolist() == [np.float32(10.9), np.float32(-0.1)] and terminated.tolist() == [True, False]
    assert infos["_episode_return"].tolist() == [True, False] and infos["episode_length"][0] == 3
    assert infos["episode_return"][0] == pytest.approx(-0.3 + 1 + 10)


def test_final_observations_and_figures_are_told_with_masks(board: str) -> None:
    envs = boxwarp.make_vec(2, levels=board, device="cpu", min_steps=4, max_steps=4, observation="cells")
    first, _ = envs.reset()
    start = first[0].copy()
    for _ in range(4):
        observations, rewards, terminated, truncated, infos = envs.step(np.array([3, 0]))
    # Environment 0 solved its level in three moves and is in its next episode.
    assert infos["_final_obs"].tolist() == [False, True] and truncated.tolist() == [False, True]
    assert infos["episode_length"][1] == 4 and infos["episode_return"][1] == pytest.approx(-0.4)
    assert np.array_equal(infos["final_obs"][1], start) and np.array_equal(observations[1], start)


def test_metadata_names_gymnasiums_mode() -> None:
    for mode, expected in [
        ("same_step", AutoresetMode.SAME_STEP),
        ("next_step", AutoresetMode.NEXT_STEP),
        ("disabled", AutoresetMode.DISABLED),
    ]:
        assert boxwarp.make_vec(1, device="cpu", autoreset=mode).metadata["autoreset_mode"] is expected


@pytest.mark.parametrize(
    ("actions", "said"),
    [
        (np.array([0, 1, 7]), "action 7 of environment 2"),
        (np.array([0, -1, 0], dtype=np.int32), "action -1 of environment 1"),
        (np.array([0, 1]), r"shape \(2"),
        (np.zeros((3, 1), dtype=np.int64), r"shape \(3, 1"),
        (np.zeros(3, dtype=np.float32), "found actions of type float32, takes int32, int64 or uint8"),
        ([0, 1, 7], "action 7 of environment 2"),
        ([0.5, 1.0, 2.0], "found actions of type float64"),
        ([[0], [1, 2]], r"found actions \[\[0\], \[1, 2\]\], takes an array"),
        ("012", "found actions '012', takes an array"),
        (None, "found actions None, takes an array"),
    ],
)
def test_bad_actions_are_named_and_nobody_is_stepped(actions: np.ndarray, said: str) -> None:
    envs = boxwarp.make_vec(3, device="cpu", observation="cells")
    before = envs.reset()[0].copy()
    with pytest.raises(boxwarp.InputError, match=said):
        envs.step(actions)
    assert np.array_equal(envs.engine.observations(), before)


def test_doing_nothing_is_a_fifth_action_with_a_reward(board: str) -> None:
    envs = boxwarp.make_vec(2, levels=board, device="cpu", no_op=True, no_op_reward=-0.25)
    assert envs.single_action_space.n == 5
    before = envs.reset()[0].copy()
    for dtype in (np.int64, np.int32, np.uint8):
        observations, rewards, *_ = envs.step(np.array([4, 4], dtype=dtype))
        assert np.array_equal(observations, before) and np.allclose(rewards, -0.35)
    with pytest.raises(boxwarp.InputError, match="is not in 0 to 4"):
        envs.step(np.array([0, 5]))
    assert boxwarp.make(board).action_space.n == 4


def test_the_rule_decides_whether_a_target_left_over_matters() -> None:
    for rule, solved in (("boxes_matched", True), ("targets_covered", False)):
        envs = boxwarp.make_vec(1, levels="#######\n#@$.. #\n#######\n", device="cpu", solved_rule=rule)
        envs.reset()
        assert bool(envs.step(np.array([3]))[2][0]) is solved
    with pytest.raises(boxwarp.InputError, match="boxes_matched, targets_covered"):
        boxwarp.make_vec(1, device="cpu", solved_rule="all")


def test_a_dead_board_ends_its_episode_where_that_is_asked_for(board: str) -> None:
    for ends in (False, True):
        envs = boxwarp.make_vec(1, levels=board, device="cpu", autoreset="disabled", end_on_deadlock=ends)
        envs.reset()
        for action in (1, 3, 3, 3, 0, 2, 2):  # around the box, and into the corner with it
            _, _, terminated, truncated, _ = envs.step(np.array([action]))
        assert bool(truncated[0]) is ends and not terminated[0]


def test_every_type_of_action_does_the_same() -> None:
    runs = []
    for dtype in (np.int64, np.int32, np.uint8):
        envs = boxwarp.make_vec(4, device="cpu", seed=2)
        envs.reset()
        runs.append([envs.step(envs.random_actions().astype(dtype))[0].copy() for _ in range(20)])
    for run in runs[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(run, runs[0]))


def test_lists_are_actions_too() -> None:
    one, other = (boxwarp.make_vec(4, device="cpu", seed=2) for _ in range(2))
    one.reset(), other.reset()
    for actions in ([0, 1, 2, 3], (3, 2, 1, 0)):
        assert np.array_equal(one.step(actions)[0], other.step(np.array(actions))[0])


def test_a_seed_for_each_environment_starts_it_as_the_first_of_its_own() -> None:
    seeds = [5, 9, 5]
    envs = boxwarp.make_vec(3, device="cpu")
    levels = envs.reset(seed=seeds)[1]["level_id"].tolist()
    expected = [boxwarp.make_vec(1, device="cpu", seed=seed).reset()[1]["level_id"][0] for seed in seeds]
    assert levels == expected and envs.np_random_seed == -1
    assert boxwarp.make_vec(3, device="cpu", seeds=seeds).reset()[1]["level_id"].tolist() == levels
    drawn = envs.reset(seed=[5, None, None])[1]["level_id"].tolist()
    assert drawn[0] == levels[0] and drawn[1] != drawn[2]
    for seed in ([5, 9], [], [5, 9, -1], "one", 1.5, -1, 2**64):
        with pytest.raises(boxwarp.InputError, match="reset"):
            envs.reset(seed=seed)


def test_a_seed_gives_the_same_episodes_again() -> None:
    envs = boxwarp.make_vec(8, device="cpu")
    envs.reset(seed=11)
    one = play(envs, 60)
    envs.reset(seed=11)
    assert same(one, play(envs, 60))
    envs.reset(seed=12)
    assert not same(one, play(envs, 60))


def test_without_a_seed_one_is_drawn_and_told() -> None:
    one, other = (boxwarp.make_vec(8, device="cpu") for _ in range(2))
    one.reset(), other.reset()
    episodes = play(one, 60)
    assert not same(episodes, play(other, 60))
    again = boxwarp.make_vec(8, device="cpu", seed=one.np_random_seed)
    again.reset()
    assert same(episodes, play(again, 60))


def test_states_are_saved_and_restored_exactly() -> None:
    envs = boxwarp.make_vec(8, device="cpu", seed=5)
    envs.reset()
    play(envs, 30)
    state = envs.get_state()
    one = play(envs, 50)
    envs.set_state(state)
    assert same(one, play(envs, 50))
    other = boxwarp.make_vec(8, device="cpu", seed=5)
    other.reset()
    other.set_state(state)
    assert same(one, play(other, 50))
    with pytest.raises(boxwarp.InputError):
        boxwarp.make_vec(9, device="cpu").set_state(state)
    with pytest.raises(boxwarp.InputError, match="set_state: found int, takes the bytes"):
        other.set_state(7)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda envs: pickle.loads(pickle.dumps(envs))], ids=["copied", "pickled"])
def test_environments_go_on_in_their_copies(again: Any, board: str) -> None:
    envs = boxwarp.make_vec(5, board, device="cpu", observation="cells", min_steps=3, max_steps=9, render_mode="rgb_array")
    fresh = again(envs)
    envs.reset(), fresh.reset()
    assert same(play(envs, 20), play(fresh, 20))
    envs.reset(seed=[1, 2, 3, 4, 5])
    play(envs, 20)
    envs.action_space.seed(3)
    twin = again(envs)
    assert np.array_equal(twin.action_space.sample(), envs.action_space.sample()) and twin.np_random_seed == -1
    assert same(play(envs, 40), play(twin, 40)) and twin.render()[0].shape == (64, 112, 3)
    envs.step_async(np.zeros(5, np.int64))
    with pytest.raises(boxwarp.InputError, match="^pickle: a step is under way"):
        again(envs)
    envs.step_wait()


def test_levels_are_chosen_by_id_and_mask() -> None:
    envs = boxwarp.make_vec(4, levels="quick_test", device="cpu", level_order="sequential")
    assert envs.reset()[1]["level_id"].tolist() == [0, 1, 2, 3]
    infos = envs.reset(options={"level_ids": [9, 8, -1, 7], "reset_mask": [True, False, True, False]})[1]
    assert infos["level_id"].tolist() == [9, 1, 6, 3]
    assert envs.reset(options={"level_ids": 7})[1]["level_id"].tolist() == [7] * 4
    for ids in ([1.5, 2, 3, 4], [1, 2, 3], "one"):
        with pytest.raises(boxwarp.InputError, match="reset: found level_ids .*, takes one whole number or 4 of them"):
            envs.reset(options={"level_ids": ids})
    with pytest.raises(boxwarp.InputError, match="unknown options"):
        envs.reset(options={"levels": [1]})


def test_observation_spaces_hold_what_is_observed() -> None:
    for observation in ("rgb", "planes", "planes4", "cells", "packed", "pixels"):
        for layout in ("chw", "hwc"):
            envs = boxwarp.make_vec(2, device="cpu", observation=observation, layout=layout)
            assert envs.observation_space.contains(envs.reset()[0]), (observation, layout)
    floats = boxwarp.make_vec(2, device="cpu", observation="planes", dtype="float32")
    assert floats.observation_space.contains(floats.reset()[0])


def test_steps_in_the_background_are_steps() -> None:
    one, two = (boxwarp.make_vec(3, device="cpu", seed=8) for _ in range(2))
    one.reset(), two.reset()
    for _ in range(20):
        actions = one.random_actions()
        expected = one.step(actions)[0].copy()
        two.send(actions)
        assert np.array_equal(two.recv()[0], expected)
    with pytest.raises(boxwarp.InputError, match="no step is under way"):
        two.step_wait()
    two.close()


def test_while_a_step_is_under_way_other_calls_are_refused() -> None:
    one, two = (boxwarp.make_vec(3, device="cpu", seed=8, render_mode="rgb_array") for _ in range(2))
    one.reset(), two.reset()
    state, actions = one.get_state(), one.random_actions()
    expected = one.step(actions)[0]
    two.step_async(actions)
    calls = {
        "reset": two.reset,
        "step": lambda: two.step(actions),
        "step_async": lambda: two.step_async(actions),
        "step_many": two.step_many,
        "random_actions": two.random_actions,
        "get_state": two.get_state,
        "set_state": lambda: two.set_state(state),
        "render": two.render,
    }
    for name, call in calls.items():
        with pytest.raises(boxwarp.InputError, match=f"^{name}: a step is under way"):
            call()
    assert np.array_equal(two.step_wait()[0], expected) and two.get_state() == one.get_state()
    two.reset()


def test_many_steps_in_one_call_are_the_same_steps() -> None:
    one, two = (boxwarp.make_vec(5, device="cpu", seed=6) for _ in range(2))
    one.reset(), two.reset()
    reward, episodes, solved = two.step_many(steps=90)
    sums, ended = np.zeros(5, np.float32), np.zeros(5, np.int32)
    for _ in range(90):
        _, rewards, terminated, truncated, _ = one.step(one.random_actions())
        sums += rewards
        ended += terminated | truncated
    assert np.array_equal(sums, reward) and np.array_equal(ended, episodes) and (solved <= episodes).all()


def test_gymnasium_finds_and_wraps_it() -> None:
    envs = gymnasium.make_vec("boxwarp/Sokoban-v0", num_envs=3, levels="quick_test", device="cpu")
    assert envs.unwrapped.levels.count == 1000
    counted = RecordEpisodeStatistics(envs)
    counted.reset(seed=0)
    for _ in range(130):
        infos = counted.step(counted.action_space.sample())[4]
        if "episode" in infos:
            break
    assert "episode" in infos
    envs.close()


def test_pictures_are_drawn_on_request() -> None:
    envs = boxwarp.make_vec(2, device="cpu", render_mode="rgb_array")
    envs.reset()
    frames = envs.render()
    assert len(frames) == 2 and frames[0].shape == (7 * 16, 7 * 16, 3) and frames[0].dtype == np.uint8 and frames[0].any()
    with pytest.raises(boxwarp.InputError, match="render_mode"):
        boxwarp.make_vec(1, device="cpu").render()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"num_envs": 4.0}, "num_envs: found 4.0, takes a whole number"),
        ({"num_envs": True}, "num_envs: found True, takes"),
        ({"num_envs": "4"}, "num_envs: found '4', takes"),
        ({"tile": 2**40}, "tile: found 1099511627776, takes 8 or 16"),
        ({"size": 10}, "size: found 10, takes None or two whole numbers"),
        ({"size": (10, 10, 3)}, r"size: found \(10, 10, 3\), takes None or two"),
        ({"rewards": (1, 2)}, r"rewards: found \(1, 2\), takes three numbers"),
        ({"rewards": (1, 2, float("nan"))}, "rewards: found .*nan.*, takes three numbers"),
        ({"no_op_reward": "much"}, "no_op_reward: found 'much', takes a number"),
        ({"symmetry": "no"}, "symmetry: found 'no', takes True or False"),
        ({"observation": 3}, "observation: found 3, takes one of none, rgb"),
        ({"seed": -1}, "seed: found -1, takes a whole number from 0 to 18446744073709551615"),
        ({"seed": 2**64}, "seed: found 18446744073709551616, takes"),
        ({"seeds": [1, 2.5]}, r"seeds: found \[1, 2.5\], takes whole numbers"),
        ({"seeds": [1]}, "seeds: found 1, takes one for each of the 2"),
        ({"device": 0}, "device: found 0, takes a name"),
        ({"device": "gpu"}, "environment: device: found 'gpu', allowed are auto, cpu"),
        ({"threads": 2000}, "environment: threads: found 2000, takes 0"),
        ({"render_mode": "ascii"}, "render_mode: found 'ascii', takes None, 'rgb_array' or 'human'"),
    ],
)
def test_an_option_of_another_kind_is_told_with_what_it_takes(options: dict, said: str) -> None:
    with pytest.raises(boxwarp.InputError, match=said):
        boxwarp.make_vec(**{"num_envs": 2, "device": "cpu", **options})


def test_numbers_of_numpy_are_numbers() -> None:
    options = {"size": np.array([9, 9]), "rewards": np.float32([0, 1, 2]), "seeds": np.arange(2, dtype=np.uint64)}
    envs = boxwarp.make_vec(np.int64(2), device="cpu", min_steps=np.int32(5), **options)
    assert envs.reset()[0].shape == (2, 3, 9, 9)


def test_all_mistakes_are_told_at_once_and_before_levels_are_read() -> None:
    with pytest.raises(boxwarp.InputError) as told:
        boxwarp.make_vec(
            0, "nowhere.txt", device="gpu", observation="colour", tile=9, min_steps=0, max_steps=-1, rewards=1, seed=-1,
            output="lists", render_mode="ascii",
        )  # fmt: skip
    for word in "num_envs device observation tile min_steps max_steps rewards seed output render_mode".split():
        assert f"{word}: found" in str(told.value), word


def test_one_mistake_does_not_look_like_another() -> None:
    for options in ({"num_envs": "3", "seeds": [1, 2, 3]}, {"min_steps": "1", "max_steps": 10}, {"min_steps": 200, "max_steps": None}):
        with pytest.raises(boxwarp.InputError) as told:
            boxwarp.make_vec(**{"num_envs": 2, "device": "cpu", **options})
        assert str(told.value).count("found") == 1


def test_too_many_environments_are_told_with_the_memory_they_would_take() -> None:
    with pytest.raises(boxwarp.DeviceError, match=r"environments: [0-9.]+ GiB of memory needed \(.*observation.* GiB.*the machine has"):
        boxwarp.make_vec(2**31, device="cpu", size=(64, 64))


def test_mistakes_in_options_are_told() -> None:
    with pytest.raises(boxwarp.InputError, match="min_steps.*max_steps"):
        boxwarp.make_vec(2, device="cpu", min_steps=0, max_steps=-1)
    with pytest.raises(boxwarp.InputError, match="observation: found 'colour'"):
        boxwarp.make_vec(2, observation="colour")
    with pytest.raises(boxwarp.InputError, match="output: found 'lists'"):
        boxwarp.make_vec(2, device="cpu", output="lists")
    with pytest.raises(boxwarp.DeviceError, match="^device=cuda:999: .*; device=cpu uses the processor"):
        boxwarp.make_vec(2, device="cuda:999", output="dlpack")
