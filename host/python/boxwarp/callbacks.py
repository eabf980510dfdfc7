"""What Trainer.run may call after every update: writers for TensorBoard, Weights & Biases and files, checkpoints, a line.

A callback is anything that is called as callback(trainer, metrics); one that gives False ends the run, and close() is called
at the end where there is one.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Optional

from boxwarp import _core

if TYPE_CHECKING:
    from boxwarp.trainer import Metrics, Trainer
    from boxwarp.weights import Path

_GROUPS = {
    name: "play" for name in ("episodes", "solved", "mean_return", "mean_length", "level_reuse", "levels_kept")
}
_GROUPS.update({"seconds": "speed", "frames_per_second": "speed"})


def _named(metrics: Metrics) -> dict[str, Any]:
    """Figures under names that dashboards group: play/solved, speed/frames_per_second, learn/entropy."""
    figures = {name: figure for name, figure in metrics.items() if name not in ("update", "frames")}
    return {f"{_GROUPS.get(name, 'learn')}/{name}": figure for name, figure in figures.items()}


class TensorBoard:
    """Writes every figure over frames, for TensorBoard. Needs PyTorch and tensorboard, or tensorboardX."""

    def __init__(self, folder: Path) -> None:
        writer: Any
        try:
            from torch.utils.tensorboard import SummaryWriter

            writer = SummaryWriter
        except ImportError:
            try:
                from tensorboardX import SummaryWriter as other

                writer = other
            except ImportError as error:
                raise _core.InputError(
                    "TensorBoard: needs a writer of its files; install one with: pip install tensorboardX"
                ) from error
        self._writer = writer(os.fspath(folder))

    def __call__(self, trainer: Trainer, metrics: Metrics) -> None:
        for name, figure in _named(metrics).items():
            self._writer.add_scalar(name, figure, metrics["frames"])

    def close(self) -> None:
        self._writer.close()


class WeightsAndBiases:
    """Logs every figure over frames to Weights & Biases. Needs wandb. options: of wandb.init, as project="sokoban"."""

    def __init__(self, **options: Any) -> None:
        try:
            import wandb
        except ImportError as error:
            raise _core.InputError("WeightsAndBiases: needs wandb; install it with: pip install wandb") from error
        self._wandb, self._options = wandb, options
        self._run: Any = None

    def __call__(self, trainer: Trainer, metrics: Metrics) -> None:
        if self._run is None:
            self._run = self._wandb.init(**{"config": trainer.config, **self._options})
        self._run.log(_named(metrics), step=metrics["frames"])

    def close(self) -> None:
        if self._run is not None:
            self._run.finish()
            self._run = None


class JsonLines:
    """Appends every update to a file, a line of JSON each."""

    def __init__(self, path: Path) -> None:
        self._file = open(path, "a", encoding="utf-8")

    def __call__(self, trainer: Trainer, metrics: Metrics) -> None:
        self._file.write(json.dumps(metrics) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


class Checkpoint:
    """Writes a complete checkpoint every so many updates, which Policy.load reads as well; "{update}" and "{frames}" in the
    path are filled in."""

    def __init__(self, path: Path, every: int = 100) -> None:
        if every < 1:
            raise _core.InputError(f"Checkpoint: found every={every}, takes 1 or more")
        self._path, self._every = os.fspath(path), every

    def __call__(self, trainer: Trainer, metrics: Metrics) -> None:
        if metrics["update"] % self._every == 0:
            trainer.save(self._path.format(update=metrics["update"], frames=metrics["frames"]))


class Printer:
    """Prints a line every so many updates."""

    def __init__(self, every: int = 10) -> None:
        self._every = max(1, every)

    def __call__(self, trainer: Trainer, metrics: Metrics) -> Optional[bool]:
        if metrics["update"] % self._every == 0:
            print(
                f"update {metrics['update']}  frames {metrics['frames']:,}  solved {metrics['solved']:.3f}  "
                f"return {metrics['mean_return']:.2f}  {metrics['frames_per_second']:,.0f} frames/s",
                flush=True,
            )
        return None
