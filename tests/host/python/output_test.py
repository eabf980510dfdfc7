"""The kinds of arrays that environments hand out, and the device that each takes."""

from __future__ import annotations

import numpy as np
import pytest

import boxwarp
from boxwarp import tensors


def test_the_kind_of_array_chooses_the_device_where_it_is_left_open() -> None:
    for name, auto in (("numpy", "cpu"), ("dlpack", "auto"), ("torch", "auto"), ("jax", "auto"), ("cupy", "cuda")):
        assert tensors.output_named(name, "auto", "rgb", "uint8", mistakes := [])[1] == auto
        for device in {"cpu", "cuda", "cuda:1"} - {"numpy": {"cuda", "cuda:1"}, "cupy": {"cpu"}}.get(name, set()):
            assert tensors.output_named(name, device, "rgb", "uint8", mistakes)[1] == device
        assert not mistakes


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"device": "cuda"}, "NumPy arrays cannot lie on a GPU"),
        ({"device": "cuda:1", "output": "numpy"}, "NumPy arrays cannot lie on a GPU"),
        ({"device": "cpu", "output": "cupy"}, "CuPy arrays lie on a GPU"),
        ({"observation": "planes", "dtype": "bfloat16"}, "dtype: NumPy has no bfloat16; take output='torch'"),
        ({"output": "lists"}, "output: found 'lists', takes one of numpy, "),
    ],
)
def test_what_cannot_hold_the_arrays_is_refused_before_anything_is_made(options: dict[str, str], said: str) -> None:
    with pytest.raises(boxwarp.InputError, match=said):
        boxwarp.make_vec(2, levels="nowhere.txt", **options)  # these levels would be the next complaint


@pytest.mark.parametrize("name", ["torch", "dlpack"])
def test_views_show_what_the_engine_wrote_last(name: str) -> None:
    if name == "torch":
        pytest.importorskip("torch")
    here, there = (boxwarp.make_vec(5, device="cpu", seed=3, output=output) for output in ("numpy", name))
    observed, seen = here.reset()[0], there.reset()[0]
    for _ in range(40):
        actions = here.random_actions()
        told, known = here.step(actions), there.step(actions)
        assert np.array_equal(observed, np.asarray(seen)) and np.array_equal(told[1], np.asarray(known[1]))
        for key, array in told[4].items():
            assert np.array_equal(array, np.asarray(known[4][key])), key


def test_bfloat16_is_for_those_who_have_it() -> None:
    torch = pytest.importorskip("torch")
    options = {"device": "cpu", "seed": 3, "observation": "planes"}
    exact = boxwarp.make_vec(2, dtype="float32", **options).reset()[0]
    halves = boxwarp.make_vec(2, dtype="bfloat16", output="torch", **options).reset()[0]
    assert halves.dtype == torch.bfloat16 and np.array_equal(halves.float().numpy(), exact)


def test_arrays_of_jax_never_change() -> None:
    jax = pytest.importorskip("jax")
    here, there = (boxwarp.make_vec(2048, device="cpu", seed=3, output=output) for output in ("numpy", "jax"))
    n = int(np.prod(here.single_observation_space.shape))
    weights = jax.random.normal(jax.random.key(0), (n, 1024))
    slow = jax.jit(lambda observations: jax.numpy.tanh(observations.reshape(2048, n) @ weights).sum(1))
    kept, expected = [], []

    def remember(observations: object, ours: np.ndarray, told: dict[str, object], known: dict[str, np.ndarray]) -> None:
        kept.append((observations, slow(observations), dict(told)))  # which goes on while the next step is played
        expected.append((ours.copy(), {key: np.array(array) for key, array in known.items()}))

    (ours, known), (seen, told) = here.reset(), there.reset()
    remember(seen, ours, told, known)
    for _ in range(40):
        actions = here.random_actions()
        ours, known = here.step(actions)[::4]
        seen, told = there.step(jax.numpy.array(actions))[::4]
        remember(seen, ours, told, known)
    for (seen, result, told), (ours, known) in zip(kept, expected):
        assert isinstance(seen, jax.Array) and np.array_equal(np.asarray(seen), ours)
        assert np.array_equal(np.asarray(result), np.asarray(slow(jax.numpy.array(ours))))
        assert told.keys() == known.keys()
        for key, array in known.items():
            assert np.array_equal(np.asarray(told[key]), array.astype(told[key].dtype)), key


def test_jax_is_asked_for_finished_actions() -> None:
    jax = pytest.importorskip("jax")
    envs = boxwarp.make_vec(1024, device="cpu", seed=3, output="jax", autoreset="disabled")
    twin = boxwarp.make_vec(1024, device="cpu", seed=3, autoreset="disabled")
    weights = jax.random.normal(jax.random.key(1), (147, 2048)), jax.random.normal(jax.random.key(2), (2048, 4))
    choose = jax.jit(lambda o: ((o.reshape(1024, 147) / 255) @ weights[0] @ weights[1]).argmax(1).astype("uint8"))
    seen, ours = envs.reset()[0], twin.reset()[0]
    for _ in range(10):
        seen = envs.step(choose(seen))[0]
        ours = twin.step(np.asarray(choose(jax.numpy.array(ours))))[0]
        assert np.array_equal(np.asarray(seen), ours)


class _Late:
    """An engine whose work is done when it is waited for, as that of a GPU looks to streams that know nothing of it."""

    on_processor = False

    def __init__(self) -> None:
        self.memory, self.steps = np.zeros(8, np.float32), 0

    def step(self) -> None:
        self.steps += 1

    def synchronize(self) -> None:
        self.memory[:] = self.steps


def test_jax_waits_for_a_gpu_and_keeps_what_it_was_told() -> None:
    pytest.importorskip("jax")
    engine = _Late()
    output = tensors.JaxOutput(engine, None)
    told = []
    for _ in range(3):
        output.before(np.zeros(8, np.uint8))
        engine.step()
        output.after()
        told.append(output.give(engine.memory))
    assert [float(array[0]) for array in told] == [1, 2, 3]


def test_jax_does_not_cut_packed_boards_in_half() -> None:
    jax = pytest.importorskip("jax")
    with pytest.raises(boxwarp.InputError, match="jax_enable_x64"):
        boxwarp.make_vec(2, device="cpu", output="jax", observation="packed")
    with jax.enable_x64(True):
        envs = boxwarp.make_vec(2, device="cpu", output="jax", observation="packed", seed=3)
        whole = boxwarp.make_vec(2, device="cpu", observation="packed", seed=3).reset()[0]
        assert np.array_equal(np.asarray(envs.reset()[0]), whole)
