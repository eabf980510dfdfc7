"""Threads, forks, imports: what a training program does around the environments."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from conftest import play, same

import boxwarp


def test_importing_takes_neither_gymnasium_nor_a_framework() -> None:
    code = "import sys, boxwarp; print([m for m in ('gymnasium', 'torch', 'jax', 'cupy', 'matplotlib') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


@pytest.mark.skipif(sys.platform != "linux", reason="asks the loader of Linux")
def test_telling_the_version_does_not_start_cuda() -> None:
    code = """
import ctypes, os, sys
import boxwarp
if os.environ.get("BOXWARP_LIBRARY"):
    version = ctypes.CDLL(os.environ["BOXWARP_LIBRARY"]).boxwarp_version
    version.restype = ctypes.c_char_p
    assert version().decode() == boxwarp.__version__
print("now CUDA", file=sys.stderr, flush=True)
try:
    boxwarp.make_vec(1, device="cuda", output="dlpack")
except boxwarp.DeviceError:
    pass
"""
    environment = {**os.environ, "LD_DEBUG": "libs"}  # the loader tells each library that it looks for
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    before = run.stderr.split("now CUDA")[0]
    if "libcuda.so" not in run.stderr:
        pytest.skip("this build has no CUDA")
    assert "libcuda.so" not in before


def test_without_pytorch_its_module_says_what_to_install() -> None:
    code = """
import sys
sys.modules["torch"] = None
import boxwarp
try:
    boxwarp.torch
except ImportError as error:
    print(error)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "pip install torch" in told


def test_environments_in_two_threads_do_not_disturb_each_other() -> None:
    alone = []
    for seed in (1, 2):
        envs = boxwarp.make_vec(16, device="cpu", threads=2, seed=seed)
        envs.reset()
        alone.append(play(envs, 80))
    together: dict[int, list] = {}

    def run(seed: int) -> None:
        envs = boxwarp.make_vec(16, device="cpu", threads=2, seed=seed)
        envs.reset()
        together[seed] = play(envs, 80)

    threads = [threading.Thread(target=run, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert same(alone[0], together[1]) and same(alone[1], together[2])


_TURNS = """
import threading
import numpy as np
import boxwarp

def together(*works):
    failures = []
    def run(work):
        try:
            work()
        except BaseException as failure:
            failures.append(failure)
    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
"""


def _ends_well(code: str) -> None:
    """In a process of its own, which may come to hang."""
    run = subprocess.run([sys.executable, "-c", _TURNS + code], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr


def test_steps_of_one_environment_from_several_threads_take_turns() -> None:
    _ends_well("""
options = {"device": "cpu", "threads": 2, "seed": 3, "autoreset": "same_step"}
shared, alone = boxwarp.make_vec(1024, **options), boxwarp.make_vec(1024, **options)
actions = np.arange(1024) % 4
shared.reset(), alone.reset()

def steps():
    for _ in range(400):
        shared.step(actions)

def looks():
    for _ in range(50):
        shared.engine.render(8), shared.random_actions(), shared.get_state()

together(steps, steps, steps, looks)
for _ in range(1200):
    alone.step(actions)
assert shared.get_state() == alone.get_state()
""")


def test_updates_of_one_trainer_from_several_threads_take_turns(tmp_path: Path) -> None:
    _ends_well(f"""
settings = dict(levels="quick_train", frames=1 << 20, num_envs=8, minibatch_envs=4, unroll=4, device="cpu", threads=2)
shared, alone = boxwarp.Trainer("quick", **settings), boxwarp.Trainer("quick", **settings)

def updates():
    for _ in range(40):
        shared.iterate()

def saves():
    for _ in range(10):
        shared.save({str(tmp_path / "some.ckpt")!r}), shared.policy(device="cpu", threads=1), shared.frames

together(updates, updates, updates, saves)
while alone.updates < 120:
    alone.iterate()
assert shared.updates == alone.updates == 120
assert np.array_equal(shared.policy(device="cpu").flat_parameters, alone.policy(device="cpu").flat_parameters)
""")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_makes_its_own_environments() -> None:
    code = """
import os, numpy as np, boxwarp
envs = boxwarp.make_vec(4, device="cpu", threads=2)
envs.reset()
policy = boxwarp.Policy.load("quick", device="cpu", threads=2)
boards = np.ones((9, 7, 7), np.uint8)
boards[:, 3, 3] = 5  # the player
policy.step(boards)
child = os.fork()
if child == 0:
    try:
        envs.step(np.zeros(4, np.int64))
        os._exit(1)
    except boxwarp.DeviceError as error:
        assert "fork" in str(error)
    try:
        policy.step(boards)
        os._exit(2)
    except boxwarp.DeviceError as error:
        assert "fork" in str(error)
    mine = boxwarp.make_vec(4, device="cpu", threads=2)
    mine.reset()
    mine.step(np.zeros(4, np.int64))
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
envs.step(np.zeros(4, np.int64))
policy.step(boards)
print("both went on")
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert run.stdout.strip() == "both went on", run.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_process_forked_amid_a_call_is_told_and_does_not_wait_for_it() -> None:
    _ends_well("""
import os, signal
envs = boxwarp.make_vec(4096, device="cpu", threads=1)
envs.reset()
policy = boxwarp.Policy.load("quick", device="cpu", threads=1)
trainer = boxwarp.Trainer("quick", device="cpu", threads=1)
actions, boards, going = np.zeros(4096, np.int64), np.ones((64, 7, 7), np.uint8), True
boards[:, 3, 3] = 5  # the player

def repeated(call):
    def run():
        while going:
            call()
    return run

calls = [lambda: envs.step(actions), lambda: policy.step(boards), trainer.iterate]

def forks():
    global going
    try:
        for _ in range(10):
            child = os.fork()
            if child == 0:
                signal.alarm(20)  # ends a child that hangs
                for call in calls:
                    try:
                        call()
                        os._exit(1)
                    except boxwarp.DeviceError:
                        pass
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
    finally:
        going = False

together(forks, *map(repeated, calls))
""")


def test_no_reset_no_step() -> None:
    with pytest.raises(boxwarp.InputError, match="before the first reset"):
        boxwarp.make_vec(2, device="cpu").step(np.zeros(2, np.int64))
