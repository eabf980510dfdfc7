"""Training from Python: the learner of `boxwarp train`, an iteration at a time."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Optional, Union

from boxwarp import _core
from boxwarp.levels import load_levels, path_of
from boxwarp.options import demand_device
from boxwarp.policy import Policy
from boxwarp.weights import NetworkShape, Path

if TYPE_CHECKING:
    from boxwarp.levels import LevelSource

Metrics = dict[str, Any]
Callback = Callable[["Trainer", Metrics], Any]


def preset(name: str = "paper") -> dict[str, Any]:
    """All settings of a preset ("paper", "throughput", "throughput24", "quick"), those of the network under "network"."""
    settings: dict[str, Any] = json.loads(_core.preset(name))
    return settings


def _settings(config: Union[str, Mapping[str, Any], None], more: Mapping[str, Any]) -> str:
    settings: dict[str, Any] = {"preset": config} if isinstance(config, str) else dict(config or {})
    settings.update(more)
    try:
        return json.dumps(settings)
    except TypeError as error:
        raise _core.InputError(f"configuration: takes numbers, texts and booleans; {error}") from error


def _sources(levels: LevelSource, bank: _core.Levels) -> list[str]:
    """What the folder of a run says of its levels, for `boxwarp train --resume`."""
    if isinstance(levels, (str, os.PathLike)) and "\n" not in os.fspath(levels):
        return [path_of(levels)]
    if isinstance(levels, Sequence) and not isinstance(levels, str):
        return [path_of(path) for path in levels]
    return list(bank.files)


class Trainer:
    """A training run.

        trainer = boxwarp.Trainer("quick", levels="quick_train", frames=200_000)
        while not trainer.finished:
            metrics = trainer.iterate()
        trainer.policy().save("model.safetensors")

    The same configuration, seed and device give the same bytes as `boxwarp train`, whatever the number of threads.
    """

    def __init__(
        self,
        config: Union[str, Mapping[str, Any], None] = None,
        levels: LevelSource = "quick_train",
        *,
        device: str = "auto",
        threads: int = 0,
        out: Optional[Path] = None,
        lenient: bool = False,
        **settings: Any,
    ) -> None:
        """config: the name of a preset ("paper", "throughput", "throughput24", "quick"), or a dictionary of settings, where
            "preset" names the one that it starts from ("paper" where it names none).
        settings: more of them, laid over config. Names are those of `boxwarp train --set`; those of the network are
            "network.channels" in a dictionary, or nested: network={"channels": 16}. preset() tells them all.
        levels, lenient: as for load_levels.  device, threads: as for make_vec.
        out: folder of the run, which must not exist or be empty: config.json, metrics.jsonl, and what save() writes, as
            `boxwarp train --out` has them; that command can go on with it. None: nothing is written.

        Raises InputError with everything that is wrong with the configuration, LevelError, DeviceError.
        """
        bank = load_levels(levels, lenient=lenient)
        self._begin(
            bank,
            config=_settings(config, settings),
            device=device,
            threads=threads,
            out="" if out is None else os.fspath(out),
            sources=_sources(levels, bank),
            resume=False,
        )

    def _begin(self, bank: _core.Levels, **options: Any) -> None:
        demand_device(options["device"], options["threads"])
        self._core = _core.Trainer(bank, **options)
        self._has_folder = bool(options["out"])
        self._saved = time.monotonic()

    @classmethod
    def resume(
        cls,
        out: Path,
        *,
        levels: Optional[LevelSource] = None,
        device: str = "auto",
        threads: int = 0,
        **settings: Any,
    ) -> Trainer:
        """Goes on with the run in the folder `out` from its checkpoint, bit-identically under the same configuration.

        levels: None for those that the run was started with.  settings: changes, as frames=4_000_000.
        """
        folder = os.fspath(out)
        bank = load_levels(_core.levels_of_run(folder) if levels is None else levels)
        self = cls.__new__(cls)
        self._begin(
            bank, config=_settings(None, settings), device=device, threads=threads, out=folder, sources=[], resume=True
        )
        return self

    def iterate(self) -> Metrics:
        """Plays one rollout, learns from it, and tells of it what a line of metrics.jsonl does.

        "update" (from 1), "frames" (environment steps of the whole run), "seconds", "frames_per_second", "learning_rate",
        "entropy", "policy_loss", "value_loss", "gradient_norm", "explained_variance", "episodes" (that ended), "solved"
        (share of them), "mean_return", "mean_length".

        Raises RuntimeError when a loss or gradient is not finite.
        """
        return self.iterate_many(1)[0]

    def iterate_many(self, count: int) -> list[Metrics]:
        """Up to `count` updates, waiting for the device once; fewer where the run ends, a snapshot of it is due, or a
        device records fewer at once."""
        return [json.loads(line) for line in self._core.iterate(count)]

    def run(self, callbacks: Iterable[Callback] = (), *, frames: Optional[int] = None) -> Optional[Metrics]:
        """Iterates to the end of the run, or until the run has had so many frames; gives the last metrics.

        callbacks: each is called as callback(trainer, metrics) after every update; one that gives False ends the run there.
            Those of boxwarp.callbacks write for TensorBoard, Weights & Biases and others. What has close() is closed at the
            end, also after Ctrl-C or an error.
        With a folder it saves every checkpoint_minutes and at the end, and after Ctrl-C, which ends the run with
        KeyboardInterrupt once the update under way is done (callbacks may not have seen that one); resume() goes on there.
        """
        listeners = list(callbacks)
        metrics: Optional[Metrics] = None
        try:
            going = True
            while going and not self.finished and (frames is None or self.frames < frames):
                metrics = self.iterate()
                going = all([listener(self, metrics) is not False for listener in listeners])
                if self._has_folder and time.monotonic() - self._saved >= 60 * self.config["checkpoint_minutes"]:
                    self.save()
            if self._has_folder:
                self.save()
        except KeyboardInterrupt:  # Python raises it after the update under way, which has been counted
            if self._has_folder:
                self.save()
            raise
        finally:
            for listener in listeners:
                close = getattr(listener, "close", None)
                if close is not None:
                    close()
        return metrics

    def save(self, path: Optional[Path] = None) -> None:
        """Writes a complete checkpoint, whole or not at all; without a path, all files of the run's folder anew."""
        if path is None:
            self._core.save_run()
            self._saved = time.monotonic()
        else:
            self._core.save(os.fspath(path))

    def restore(self, path: Path) -> None:
        """Goes on from such a checkpoint, bit-identically. InputError for one of another configuration or level set."""
        self._core.restore(os.fspath(path))

    def save_light(self, path: Path) -> None:
        """Writes weights, moments and counters: what it takes to go on with fresh episodes."""
        self._core.save_light(os.fspath(path))

    def continue_from(self, path: Path) -> None:
        """Goes on from such a file where its run stood, under any configuration with the same network.

        Weights alone, a file of them or a shipped agent's name, begin a run: moments are fresh, and frames count from 0.
        InputError for another network, or where the run ends before there.
        """
        self._core.continue_from(os.fspath(path))

    def policy(self, *, device: str = "auto", threads: int = 0) -> Policy:
        """The agent as it is now."""
        shape, flat = self._core.weights()
        return Policy(NetworkShape(json.loads(shape)), flat, device=device, threads=threads)

    @property
    def config(self) -> dict[str, Any]:
        """All settings, those of the network under "network"."""
        settings: dict[str, Any] = json.loads(self._core.config)
        return settings

    @property
    def updates(self) -> int:
        """Updates so far."""
        return self._core.updates

    @property
    def frames(self) -> int:
        """Environment steps so far."""
        return self._core.frames

    @property
    def finished(self) -> bool:
        """Whether the run has had all its frames."""
        return self._core.finished

    @property
    def device(self) -> str:
        """The device that was taken, in words."""
        return self._core.device

    @property
    def memory_bytes(self) -> int:
        """What the run takes of the device's memory."""
        return self._core.memory_bytes

    def __repr__(self) -> str:
        return f"<boxwarp.Trainer {self.frames:,} of {self.config['frames']:,} frames, {self.device}>"
