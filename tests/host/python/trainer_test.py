"""boxwarp.Trainer: the command's learner, and what people hang onto it."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import boxwarp
from boxwarp import callbacks

_SMALL: dict[str, Any] = {
    "preset": "quick",
    "num_envs": 16,
    "minibatch_envs": 8,
    "unroll": 4,
    "frames": 4 * 64,
    "min_steps": 3,
    "max_steps": 5,
    "network": {"channels": 16, "hidden": 16},
    "seed": 7,
}


def _trainer(**options: Any) -> boxwarp.Trainer:
    return boxwarp.Trainer(_SMALL, "quick_train", device="cpu", **options)


def test_an_iteration_tells_figures_of_the_update() -> None:
    trainer = _trainer()
    metrics = trainer.iterate()
    assert metrics["update"] == 1 and metrics["frames"] == trainer.frames == 64 and trainer.updates == 1
    assert metrics["seconds"] > 0 and 0 <= metrics["solved"] <= 1 and np.isfinite(metrics["policy_loss"])
    while not trainer.finished:
        metrics = trainer.iterate()
    assert metrics["update"] == 4 and "256 of 256 frames" in repr(trainer)


def test_settings_are_a_dictionary_a_name_or_words() -> None:
    one = boxwarp.Trainer({"preset": "quick", "network.channels": 32, "num_envs": 16}, device="cpu")
    other = boxwarp.Trainer("quick", device="cpu", network={"channels": 32}, num_envs=16)
    assert one.config == other.config and one.config["network"]["channels"] == 32
    assert boxwarp.preset("quick")["num_envs"] == 64
    with pytest.raises(boxwarp.InputError) as told:
        boxwarp.Trainer("quick", device="cpu", colour="red", num_envs=7, algorithm="sarsa")
    for line in ("colour: no such setting", "minibatch_envs: found 16", 'algorithm: found "sarsa"'):
        assert line in str(told.value)
    with pytest.raises(boxwarp.InputError, match="^preset: found 'fast'"):
        boxwarp.Trainer("fast")
    with pytest.raises(boxwarp.InputError, match="threads: found 'x', takes"):
        boxwarp.Trainer("quick", threads="x")  # type: ignore[arg-type]
    with pytest.raises(boxwarp.InputError, match="configuration: takes"):
        boxwarp.Trainer("quick", frames=object())


def test_a_run_is_that_of_the_command(tmp_path: Path) -> None:
    command = os.environ.get("BOXWARP_COMMAND", "")
    if not command:
        pytest.skip("BOXWARP_COMMAND names no boxwarp to compare with")
    settings = {**{f"network.{k}": v for k, v in _SMALL["network"].items()}, **_SMALL}
    words = [w for k, v in settings.items() if k not in ("network", "preset") for w in ("--set", f"{k}={v}")]
    levels = boxwarp.shipped()["levels"]["quick_train"]
    options = ["--preset", "quick", "--levels", levels, "--device", "cpu", "--quiet", "--out", tmp_path / "one"]
    subprocess.run([command, "train", *options, *words], check=True, capture_output=True)
    _trainer(out=tmp_path / "other", threads=1).run()
    for name in ("model.safetensors", "light.safetensors"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()
    files = [tmp_path / run / "metrics.jsonl" for run in ("one", "other")]
    lines = [[json.loads(line) for line in file.read_text().splitlines()] for file in files]
    for one, other in zip(*lines):
        for time in ("seconds", "frames_per_second"):
            del one[time], other[time]
        assert one == other
    assert len(lines[0]) == len(lines[1]) == 4
    configs = [json.loads((tmp_path / run / "config.json").read_text()) for run in ("one", "other")]
    assert configs[0]["train"] == configs[1]["train"]


def test_a_run_goes_on_from_its_folder_and_from_a_checkpoint_bit_for_bit(tmp_path: Path) -> None:
    whole = _trainer()
    whole.run()
    expected = whole.policy().flat_parameters
    _trainer(out=tmp_path / "run").run(frames=128)
    resumed = boxwarp.Trainer.resume(tmp_path / "run", device="cpu")
    assert resumed.frames == 128
    resumed.run()
    assert np.array_equal(resumed.policy().flat_parameters, expected)
    assert len((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()) == 4

    first = _trainer()
    first.iterate()
    first.save(tmp_path / "checkpoint")
    second = _trainer()
    second.restore(tmp_path / "checkpoint")
    second.run()
    assert np.array_equal(second.policy().flat_parameters, expected)

    first.save_light(tmp_path / "light")
    third = _trainer()
    third.continue_from(tmp_path / "light")
    assert third.frames == 64
    for name in ("checkpoint", "light"):
        assert np.array_equal(boxwarp.Policy.load(tmp_path / name).flat_parameters, first.policy().flat_parameters)
    assert np.array_equal(boxwarp.Policy.load(tmp_path / "run").flat_parameters, expected)
    whole.policy().save(tmp_path / "weights")
    third.continue_from(tmp_path / "weights")
    assert third.frames == 0 and np.array_equal(third.policy().flat_parameters, expected)
    with pytest.raises(boxwarp.InputError, match="nothing is left"):
        whole.save_light(tmp_path / "end")
        third.continue_from(tmp_path / "end")
    with pytest.raises(boxwarp.InputError, match=r"^out=.*never overwritten; name another folder, or go on with Trainer.resume$"):
        _trainer(out=tmp_path / "run")
    with pytest.raises(boxwarp.InputError, match="^Trainer.resume: .* is not there; out names"):
        boxwarp.Trainer.resume(tmp_path / "nowhere")
    with pytest.raises(boxwarp.InputError, match="no folder"):
        first.save()


def test_callbacks_see_every_update_can_end_the_run_and_are_closed(tmp_path: Path) -> None:
    class Listener:
        seen: list[int] = []
        closed = False

        def __call__(self, trainer: boxwarp.Trainer, metrics: dict[str, Any]) -> bool:
            self.seen.append(metrics["update"])
            return metrics["update"] < 3

        def close(self) -> None:
            self.closed = True

    listener = Listener()
    last = _trainer().run(
        [listener, callbacks.JsonLines(tmp_path / "lines"), callbacks.Checkpoint(tmp_path / "at{frames}", every=2)]
    )
    assert listener.seen == [1, 2, 3] and listener.closed
    assert [json.loads(line)["update"] for line in (tmp_path / "lines").read_text().splitlines()] == [1, 2, 3]
    assert (tmp_path / "at128").exists() and last is not None and last["update"] == 3


@pytest.fixture
def heeded_interrupts() -> Iterator[None]:
    """Also where whoever runs the tests ignores them, as a shell does for what it puts into the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeded_interrupts")
def test_ctrl_c_saves_the_run_and_is_raised_again(tmp_path: Path) -> None:
    def interrupt(trainer: boxwarp.Trainer, metrics: dict[str, Any]) -> None:
        if metrics["update"] == 2:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        _trainer(out=tmp_path / "run").run([interrupt])
    with pytest.raises(KeyboardInterrupt):
        _trainer().run([interrupt])  # without a folder there is nothing to save
    resumed = boxwarp.Trainer.resume(tmp_path / "run", device="cpu")
    assert resumed.frames == 128
    resumed.run()
    whole = _trainer()
    whole.run()
    assert np.array_equal(resumed.policy().flat_parameters, whole.policy().flat_parameters)


@pytest.mark.parametrize(("writer", "package"), [("TensorBoard", "tensorboardX"), ("WeightsAndBiases", "wandb")])
def test_a_writer_without_its_package_says_what_to_install(writer: str, package: str, tmp_path: Path) -> None:
    if any(importlib.util.find_spec(name) for name in (package, "torch")):
        pytest.skip(f"{package} or PyTorch is there")
    with pytest.raises(boxwarp.InputError, match=f"pip install {package}"):
        getattr(callbacks, writer)(*[tmp_path] * (writer == "TensorBoard"))


def test_writers_pass_on_figures_under_grouped_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import sys
    import types

    told: list[Any] = []

    class Writer:
        def __init__(self, folder: str) -> None:
            told.append(folder)

        def add_scalar(self, name: str, figure: float, frames: int) -> None:
            told.append((name, frames))

        def close(self) -> None:
            told.append("closed")

    class Run:
        def log(self, figures: dict[str, float], step: int) -> None:
            told.append((sorted(figures), step))

        def finish(self) -> None:
            told.append("finished")

    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", types.SimpleNamespace(SummaryWriter=Writer))
    monkeypatch.setitem(sys.modules, "torch.utils", types.SimpleNamespace())
    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(utils=types.SimpleNamespace()))
    monkeypatch.setitem(sys.modules, "wandb", types.SimpleNamespace(init=lambda **options: told.append(options) or Run()))
    _trainer().run([callbacks.TensorBoard(tmp_path), callbacks.WeightsAndBiases(project="boxes")], frames=64)
    assert told[0] == str(tmp_path) and ("play/solved", 64) in told and ("learn/entropy", 64) in told
    options = next(item for item in told if isinstance(item, dict))
    assert options["project"] == "boxes" and options["config"]["seed"] == 7
    assert "closed" in told and told[-1] == "finished"
