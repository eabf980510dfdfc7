"""The kinds of arrays that environments hand out, all of them views of the engine's memory."""

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

    def __init__(self, engine: _core.Engine, stream: Optional[int]) -> None:
        self._engine, self._stream = engine, stream

    def give(self, array: Any) -> Any:
        """What is handed out for one array of the engine."""
        return array

    def all_true(self, count: int) -> Any:
        return np.ones(count, dtype=np.bool_)

    def either(self, terminated: Any, truncated: Any) -> Any:
        return terminated | truncated

    def copy(self, actions: Any) -> Any:
        return np.array(actions)

    def current_stream(self) -> int:
        """The CUDA stream that the caller works in."""
        return 0

    def before(self) -> None:
        """Our work starts after the caller's."""
        if not self._engine.on_processor:
            self._engine.wait_for(self.current_stream() if self._stream is None else self._stream)

    def after(self) -> None:
        """The caller's work starts after ours."""
        if not self._engine.on_processor:
            self._engine.make_wait(self.current_stream() if self._stream is None else self._stream)


class TorchOutput(Output):
    """PyTorch tensors."""

    def __init__(self, engine: _core.Engine, stream: Optional[int]) -> None:
        super().__init__(engine, stream)
        self._torch = _need("torch", "torch")

    def give(self, array: Any) -> Any:
        return self._torch.from_dlpack(array)

    def all_true(self, count: int) -> Any:
        device = "cpu" if self._engine.on_processor else "cuda"
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
    """JAX arrays. JAX takes arrays for constant, so each call hands out new ones over the same memory."""

    def __init__(self, engine: _core.Engine, stream: Optional[int]) -> None:
        super().__init__(engine, stream)
        _need("jax", "jax")
        self._from_dlpack: Callable[[Any], Any] = _need("jax.dlpack", "jax").from_dlpack
        self._numpy = _need("jax.numpy", "jax")

    def give(self, array: Any) -> Any:
        return self._from_dlpack(array)

    def all_true(self, count: int) -> Any:
        return self._numpy.ones(count, dtype=bool)


_OUTPUTS: dict[str, type[Output]] = {
    "numpy": Output,
    "dlpack": Output,
    "torch": TorchOutput,
    "jax": JaxOutput,
    "cupy": CupyOutput,
}


def output_named(name: str, engine: _core.Engine, stream: Optional[int]) -> Output:
    """Raises InputError for a name that is none, or for a kind that cannot hold the engine's memory."""
    if name not in _OUTPUTS:
        raise _core.InputError(f"output: found '{name}', takes one of {', '.join(_OUTPUTS)}")
    if name == "numpy" and not engine.on_processor:
        raise _core.InputError("output: NumPy arrays cannot lie on a GPU; take output='torch', 'jax', 'cupy' or 'dlpack'")
    if name == "cupy" and engine.on_processor:
        raise _core.InputError("output: CuPy arrays lie on a GPU; take output='numpy' or device='cuda'")
    return _OUTPUTS[name](engine, stream)
