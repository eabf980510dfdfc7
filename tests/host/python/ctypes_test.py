"""The C interface through ctypes, as a language without bindings would use it."""

from __future__ import annotations

import ctypes
import os
import subprocess
from pathlib import Path

import pytest


class FirstOptions(ctypes.Structure):
    """As programs know them that were built with the first version."""

    _fields_ = [
        ("size", ctypes.c_size_t),
        ("num_envs", ctypes.c_int64),
        ("levels", ctypes.c_char_p),
        ("device", ctypes.c_char_p),
        ("threads", ctypes.c_int32),
        ("observation", ctypes.c_char_p),
        ("layout", ctypes.c_char_p),
        ("dtype", ctypes.c_char_p),
        ("tile", ctypes.c_int32),
        ("autoreset", ctypes.c_char_p),
        ("level_order", ctypes.c_char_p),
        ("min_steps", ctypes.c_int32),
        ("max_steps", ctypes.c_int32),
        ("reward_step", ctypes.c_double),
        ("reward_box", ctypes.c_double),
        ("reward_finish", ctypes.c_double),
        ("height", ctypes.c_int32),
        ("width", ctypes.c_int32),
        ("symmetry", ctypes.c_int32),
        ("final_observation", ctypes.c_int32),
        ("seed", ctypes.c_uint64),
    ]


class Options(FirstOptions):
    _fields_ = [
        ("no_op", ctypes.c_int32),
        ("end_on_deadlock", ctypes.c_int32),
        ("reward_no_op", ctypes.c_double),
        ("solved_rule", ctypes.c_char_p),
    ]


class Buffers(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_size_t),
        ("num_envs", ctypes.c_int64),
        ("height", ctypes.c_int32),
        ("width", ctypes.c_int32),
        ("observation_bytes", ctypes.c_size_t),
        ("observations", ctypes.POINTER(ctypes.c_uint8)),
        ("final_observations", ctypes.POINTER(ctypes.c_uint8)),
        ("rewards", ctypes.POINTER(ctypes.c_float)),
        ("terminated", ctypes.POINTER(ctypes.c_uint8)),
        ("truncated", ctypes.POINTER(ctypes.c_uint8)),
        ("level_ids", ctypes.POINTER(ctypes.c_int64)),
        ("finished_level_ids", ctypes.POINTER(ctypes.c_int64)),
        ("episode_lengths", ctypes.POINTER(ctypes.c_int32)),
        ("on_device", ctypes.c_int32),
    ]


@pytest.fixture
def library() -> ctypes.CDLL:
    path = os.environ.get("BOXWARP_LIBRARY", "")
    if not path:
        pytest.skip("libboxwarp.so is not built here")
    loaded = ctypes.CDLL(path)
    loaded.boxwarp_last_error.restype = ctypes.c_char_p
    return loaded


def test_a_level_is_solved(library: ctypes.CDLL, board: str, tmp_path: Path) -> None:
    file = tmp_path / "board.txt"
    file.write_text(board)
    options, env, buffers = FirstOptions(), ctypes.c_void_p(), Buffers()
    library.boxwarp_options_init(ctypes.byref(options))
    assert options.size == ctypes.sizeof(FirstOptions) and options.max_steps == 120
    options.levels, options.device, options.num_envs = os.fsencode(file), b"cpu", 2
    assert library.boxwarp_create(ctypes.byref(options), ctypes.byref(env)) == 0
    assert library.boxwarp_reset(env, None, None) == 0
    buffers.size = ctypes.sizeof(Buffers)
    assert library.boxwarp_get_buffers(env, ctypes.byref(buffers)) == 0
    for _ in range(3):
        assert library.boxwarp_step(env, (ctypes.c_int32 * 2)(3, 2)) == 0
    assert [buffers.terminated[e] for e in range(2)] == [1, 0]
    assert buffers.rewards[0] == pytest.approx(10.9) and buffers.episode_lengths[0] == 3
    assert library.boxwarp_step(env, (ctypes.c_int32 * 2)(0, 9)) == 2
    assert b"action 9 of environment 1" in library.boxwarp_last_error()
    library.boxwarp_destroy(env)


def test_options_are_told_apart_by_their_size(library: ctypes.CDLL, board: str, tmp_path: Path) -> None:
    file = tmp_path / "board.txt"
    file.write_text(board)
    options, env, buffers = Options(), ctypes.c_void_p(), Buffers()
    size = ctypes.c_size_t(ctypes.sizeof(Options))
    assert library.boxwarp_options_init_sized(ctypes.byref(options), size) == 0
    assert options.size == size.value and options.solved_rule == b"boxes_matched" and options.reward_no_op == 0
    options.levels, options.device, options.no_op, options.end_on_deadlock = os.fsencode(file), b"cpu", 1, 1
    assert library.boxwarp_create(ctypes.byref(options), ctypes.byref(env)) == 0
    assert library.boxwarp_reset(env, None, None) == 0
    buffers.size = ctypes.sizeof(Buffers)
    assert library.boxwarp_get_buffers(env, ctypes.byref(buffers)) == 0
    way = (4, 1, 3, 3, 3, 0, 2, 2)  # around the box, and into the corner with it
    for t, action in enumerate(way):
        assert library.boxwarp_step(env, ctypes.byref(ctypes.c_int32(action))) == 0
        assert buffers.truncated[0] == (t == len(way) - 1) and buffers.terminated[0] == 0
    library.boxwarp_destroy(env)
    for wrong in (size.value + 8, ctypes.sizeof(FirstOptions) - 8):
        assert library.boxwarp_options_init_sized(ctypes.byref(options), ctypes.c_size_t(wrong)) == 2
        options.size = wrong
        assert library.boxwarp_create(ctypes.byref(options), ctypes.byref(env)) == 2
        assert b"bytes, takes" in library.boxwarp_last_error()


def test_only_the_public_interface_shows(library: ctypes.CDLL) -> None:
    shown = subprocess.run(["nm", "-DC", "--defined-only", os.environ["BOXWARP_LIBRARY"]], capture_output=True, text=True, check=True)
    inner = [line for line in shown.stdout.splitlines() if "boxwarp::cpu" in line or "ThreadPool" in line or "nlohmann" in line.split("(")[0]]
    assert "boxwarp_create" in shown.stdout and not inner
    assert library.boxwarp_abi_version() == 1
