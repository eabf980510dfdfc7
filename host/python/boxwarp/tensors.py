"""The kinds of arrays that environments hand out: views of the engine's memory, or, for JAX, copies of it."""

from __future__ import annotations

from typing import Any, Callable, Optional

import numpy as np

from boxwarp import _core


def _need(package: str, install: str) -> Any:
    import importlib

    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise _core.InputError(f"output: needs {package}; install it with: pip install {install}") from error


class Output:
    """NumPy arrays of the processor's memory; other kinds derive from this."""

    copies = False  # what was handed out never changes: each call hands out new arrays

    def __init__(self, engine: _core.Engine, stream: Optional[int]) -> None:
        self._engine, self._stream = engine, stream
        self._on_gpu = not engine.on_processor

    def give(self, array: Any) -> Any:
        """What is handed out for one array of the engine."""
        return array

    def all_true(self, count: int) -> Any:
        return np.ones(count, dtype=np.bool_)

    def either(self, terminated: Any, truncated: Any) -> Any:
        """Which episodes ended; None where this kind of array cannot tell."""
        return terminated | truncated

    def copy(self, actions: Any) -> Any:
        return np.array(actions)

    def current_stream(self) -> int:
        """The CUDA stream that the caller works in."""
        return 0

    def before(self, actions: Any = None) -> None:
        """Our work starts after the caller's, which may still be making the actions."""
        if self._on_gpu:
            self._engine.wait_for(self.current_stream() if self._stream is None else self._stream)

    def after(self) -> None:
        """The caller's work starts after ours."""
        if self._on_gpu:
            self._engine.make_wait(self.current_stream() if self._stream is None else self._stream)


class DlpackOutput(Output):
    """NumPy arrays of the processor's memory; of a GPU's what others take over by __dlpack__, and no more."""

    def either(self, terminated: Any, truncated: Any) -> Any:
        return None if self._on_gpu else terminated | truncated


class TorchOutput(Output):
    """PyTorch tensors."""

    def __init__(self, engine: _core.Engine, stream: Optional[int]) -> None:
        super().__init__(engine, stream)
        self._torch = _need("torch", "torch")

    def give(self, array: Any) -> Any:
        return self._torch.from_dlpack(array)

    def all_true(self, count: int) -> Any:
        device = "cuda" if self._on_gpu else "cpu"
        return self._torch.ones(count, dtype=self._torch.bool, device=device)

    def copy(self, actions: Any) -> Any:
        return self._torch.as_tensor(actions).clone()

    def current_stream(self) -> int:
        return int(self._torch.cuda.current_stream().cuda_stream)


class CupyOutput(Output):
    """CuPy arrays, of a GPU only."""

    def __init__(self, engine: _core.Engine, stream: Optional[int]) -> None:
        super().__init__(engine, stream)
        self._cupy = _need("cupy", "cupy-cuda13x")

    def give(self, array: Any) -> Any:
        return self._cupy.from_dlpack(array)

    def all_true(self, count: int) -> Any:
        return self._cupy.ones(count, dtype=bool)

    def copy(self, actions: Any) -> Any:
        return self._cupy.array(actions)

    def current_stream(self) -> int:
        return int(self._cupy.cuda.get_current_stream().ptr)


class JaxOutput(Output):
    """JAX arrays. JAX takes arrays for constant, reads them later than it is told to, and works in streams of its own, so
    each call hands out copies, made while nobody writes."""

    copies = True

    def __init__(self, engine: _core.Engine, stream: Optional[int]) -> None:
        super().__init__(engine, stream)
        self._jax = _need("jax", "jax")
        self._from_dlpack: Callable[[Any], Any] = _need("jax.dlpack", "jax").from_dlpack
        self._numpy = _need("jax.numpy", "jax")

    def give(self, array: Any) -> Any:
        there = array if isinstance(array, np.ndarray) else self._from_dlpack(array)
        return self._jax.block_until_ready(self._numpy.array(there, copy=True))

    def all_true(self, count: int) -> Any:
        return self._numpy.ones(count, dtype=bool)

    def before(self, actions: Any = None) -> None:
        self._jax.block_until_ready(actions)
        if self._stream is not None:
            super().before()

    def after(self) -> None:
        self._engine.synchronize()


_OUTPUTS: dict[str, type[Output]] = {
    "numpy": Output,
    "dlpack": DlpackOutput,
    "torch": TorchOutput,
    "jax": JaxOutput,
    "cupy": CupyOutput,
}


def output_named(
    name: str, device: str, observation: str, dtype: str, mistakes: list[str]
) -> tuple[type[Output], str]:
    """The kind of that name, and the device for it: where device is "auto", NumPy takes the processor and CuPy a GPU.

    Adds to mistakes where the name is none, or the kind cannot hold the memory of the device or the observation.
    """
    if name not in _OUTPUTS:
        mistakes.append(f"output: found {name!r}, takes one of {', '.join(_OUTPUTS)}")
        return Output, device
    if name == "numpy" and str(device).startswith("cuda"):
        mistakes.append(
            "output: NumPy arrays cannot lie on a GPU; take output='torch', 'jax', 'cupy' or 'dlpack', or device='cpu'"
        )
        device = "cpu"  # whether the GPU is there does not matter now
    if name == "numpy" and dtype == "bfloat16" and observation in ("planes", "planes4"):
        mistakes.append("dtype: NumPy has no bfloat16; take output='torch', 'jax' or 'dlpack', or dtype='float32'")
    if name == "cupy" and device == "cpu":
        mistakes.append("output: CuPy arrays lie on a GPU; take output='numpy' or device='cuda'")
    if name == "jax" and observation == "packed" and not _need("jax", "jax").config.jax_enable_x64:
        mistakes.append("output: packed boards are uint64, which JAX has with its option jax_enable_x64 only")
    if device == "auto":
        device = {"numpy": "cpu", "cupy": "cuda"}.get(name, device)
    return _OUTPUTS[name], device
