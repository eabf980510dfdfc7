"""An agent that acts: its weights, and one step of its network at a time over NumPy arrays."""

from __future__ import annotations

from typing import Any, Literal, Mapping, NamedTuple, Optional, Union, overload

import numpy as np
import numpy.typing as npt

from boxwarp import _core, weights
from boxwarp.observations import Cells, cells_of
from boxwarp.options import demand_device
from boxwarp.weights import NetworkShape, Parameters

Floats = npt.NDArray[np.float32]
Activations = dict[str, Floats]


class State(NamedTuple):
    """What an agent remembers of B boards: float32 (D, B, H, W, C) each, for D layers and C channels."""

    h: Floats
    c: Floats


Step = tuple[Floats, Floats, State]
StepWithActivations = tuple[Floats, Floats, State, Activations]


class Policy:
    """A trained agent, or a new one.

        policy = boxwarp.Policy.load("quick")                # a file, or the name of a shipped model
        state = policy.initial_state(n)
        logits, values, state = policy.step(observations, state, episode_starts)

    Letters: B boards, H and W their rows and columns, A actions (0 up, 1 down, 2 left, 3 right), D layers, K ticks, C
    channels. Observations are those of make_vec(size=(policy.shape.height, policy.shape.width)), of any kind but "pixels".
    On a processor results do not depend on the number of threads.
    """

    def __init__(
        self,
        shape: Union[NetworkShape, Mapping[str, Any]],
        parameters: Union[Parameters, Mapping[str, Any]],
        *,
        device: str = "auto",
        threads: int = 0,
        precision: str = "bf16",
    ) -> None:
        """shape: members of a network's shape that are not as published, as {"layers": 1, "ticks": 1}.
        parameters: float32 arrays under the published torch names, or all of them in one flat array.
        device, threads: as for make_vec.  precision: of products on a GPU, "bf16", "bf16-wgmma" (H100, H200) or "float32".

        Raises WeightsError for parameters that do not fit the shape, InputError for options.
        """
        demand_device(device, threads)
        self.shape = shape if isinstance(shape, NetworkShape) else NetworkShape(shape)
        if isinstance(parameters, Mapping):
            self._flat = weights.joined(self.shape, parameters)
        else:
            self._flat = np.array(parameters, dtype=np.float32)
        self._options: dict[str, Any] = {"device": device, "threads": threads, "precision": precision}
        self._network = _core.Network(self.shape.json, **self._options)
        self._network.load(self._flat)
        self._ticking: Optional[_core.Network] = None

    @classmethod
    def load(cls, path: weights.Path, *, boards: Optional[tuple[int, int]] = None, **options: Any) -> Policy:
        """Reads weights: safetensors with the published torch or Flax names, any file of a run or its folder, the name of a
        shipped model ("quick"), or a checkpoint of the published runs (a folder with cfg.json and model; needs msgpack).

        boards: (H, W) to play, where it is not the network's own; takes a pooled head.
        options: device, threads and precision, as for Policy.

        Raises WeightsError with the whole list of tensors that are missing, extra, wrongly shaped or not finite.
        """
        shape, flat = weights.load(path)
        return cls(shape if boards is None else shape.for_boards(*boards), flat, **options)

    @classmethod
    def initial(cls, *, seed: int = 0, head_gain: float = 1.0, device: str = "auto", threads: int = 0, **shape: Any) -> Policy:
        """An agent with the published initialisation; shape: what is not as in DRC(3, 3) on 10x10 boards."""
        network = NetworkShape(shape)
        return cls(network, weights.initial(network, seed, head_gain), device=device, threads=threads)

    def save(self, path: weights.Path, *, names: str = "torch") -> None:
        """Writes safetensors under the published names: "torch" (the port's) or "flax"."""
        import os

        _core.save_weights(os.fspath(path), self.shape.json, self._flat, names)

    def __reduce__(self) -> Any:
        return _made, (self.shape, self._flat, self._options)

    @property
    def parameters(self) -> dict[str, Parameters]:
        """Copies of all parameters by published torch name, without the alias of the dense layer."""
        return weights.split(self.shape, self._flat.copy())

    @property
    def flat_parameters(self) -> Parameters:
        """A copy of all parameters, float32 (P), in the order of `parameters`."""
        return self._flat.copy()

    @property
    def device(self) -> str:
        """The device that was taken, in words."""
        return self._network.device

    @property
    def precision(self) -> str:
        """Of products on a GPU, "bf16" or "float32"."""
        precision: str = self._options["precision"]
        return precision

    def __repr__(self) -> str:
        return f"<boxwarp.Policy {self.shape!r}, {self._flat.size:,} parameters, {self.device}>"

    def initial_state(self, n: int) -> State:
        """The state of n boards at the start of an episode: zeros."""
        shape = (self.shape.state_layers, n, self.shape.height, self.shape.width, self.shape.channels)
        return State(np.zeros(shape, np.float32), np.zeros(shape, np.float32))

    @overload
    def step(self, observations: Any, state: Optional[State] = ..., episode_starts: Any = ...) -> Step: ...
    @overload
    def step(
        self, observations: Any, state: Optional[State] = ..., episode_starts: Any = ..., *, activations: Literal[False]
    ) -> Step: ...
    @overload
    def step(
        self, observations: Any, state: Optional[State] = ..., episode_starts: Any = ..., *, activations: Literal[True]
    ) -> StepWithActivations: ...

    def step(
        self,
        observations: Any,
        state: Optional[State] = None,
        episode_starts: Any = None,
        *,
        activations: bool = False,
    ) -> Union[Step, StepWithActivations]:
        """One environment step, K ticks.

        observations: (B, ...), see Policy.
        state: what the step before gave; None: initial_state(B). It is not changed.
        episode_starts: (B) of bool: where true the state is zeroed first, as terminated | truncated of the step before
            says it under autoreset "same_step". None: nowhere.
        activations: gives a dictionary as well: "h" and "c" after each tick, and the gates "i" (tanh), "j" and "f"
            (sigmoid), "o" (tanh as published) after their nonlinearity, float32 (K, D, B, H, W, C) each. Processor only.

        Returns logits float32 (B, A), values float32 (B), the state after the step, and activations where asked for.
        Raises InputError (a ValueError) that says the shape for arrays that do not fit.
        """
        cells = cells_of(observations, self.shape.height, self.shape.width, 1)
        before = self.initial_state(len(cells)) if state is None else state
        return self._run(self._network, cells, before, self._starts(episode_starts, len(cells)), activations)

    @overload
    def think(
        self, observations: Any, state: Optional[State] = ..., *, steps: Optional[int] = ..., ticks: Optional[int] = ...,
        episode_starts: Any = ...
    ) -> Step: ...
    @overload
    def think(
        self, observations: Any, state: Optional[State] = ..., *, steps: Optional[int] = ..., ticks: Optional[int] = ...,
        episode_starts: Any = ..., activations: Literal[False]
    ) -> Step: ...
    @overload
    def think(
        self, observations: Any, state: Optional[State] = ..., *, steps: Optional[int] = ..., ticks: Optional[int] = ...,
        episode_starts: Any = ..., activations: Literal[True]
    ) -> StepWithActivations: ...  # fmt: skip

    def think(
        self,
        observations: Any,
        state: Optional[State] = None,
        *,
        steps: Optional[int] = None,
        ticks: Optional[int] = None,
        episode_starts: Any = None,
        activations: bool = False,
    ) -> Union[Step, StepWithActivations]:
        """Several passes over the same observations, without acting: T steps of K ticks each, or T single ticks.

        steps or ticks: T, one of the two, 1 or more. What heads say after single ticks shows how a decision forms; after
            K of them state and outputs are those of one step.
        The rest as for step; episode_starts is for the first pass.

        Returns logits (T, B, A) and values (T, B) after each pass, the state after the last, and, where asked for,
        activations, (T, K, D, B, H, W, C) each (K is 1 for ticks).
        """
        given = [passes for passes in (steps, ticks) if passes is not None]
        if len(given) != 1 or given[0] < 1:
            raise _core.InputError(f"think: found steps={steps} and ticks={ticks}, takes one of them, 1 or more")
        network = self._network if ticks is None else self._single_ticks()
        cells = cells_of(observations, self.shape.height, self.shape.width, 1)
        state = self.initial_state(len(cells)) if state is None else state
        starts = self._starts(episode_starts, len(cells))
        logits, values, told = [], [], []
        for _ in range(given[0]):
            if activations:
                pass_logits, pass_values, state, held = self._run_with_activations(network, cells, state, starts)
                told.append(held)
            else:
                pass_logits, pass_values, state = self._run_plainly(network, cells, state, starts)
            logits.append(pass_logits)
            values.append(pass_values)
            starts = np.zeros_like(starts)
        if not activations:
            return np.stack(logits), np.stack(values), state
        return np.stack(logits), np.stack(values), state, {name: np.stack([held[name] for held in told]) for name in told[0]}

    def _single_ticks(self) -> _core.Network:
        """The same weights with K = 1: a tick begins where the one before ended, whichever step it belongs to."""
        if self._ticking is None:
            members = {**self.shape.as_dict(), "ticks": 1}
            self._ticking = _core.Network(NetworkShape(members).json, **self._options)
            self._ticking.load(self._flat)
        return self._ticking

    def _starts(self, episode_starts: Any, n: int) -> npt.NDArray[np.uint8]:
        if episode_starts is None:
            return np.zeros((1, n), np.uint8)
        starts = np.asarray(episode_starts)
        if starts.shape != (n,):
            raise _core.InputError(f"episode_starts: found the shape {starts.shape}, takes ({n},)")
        flags: npt.NDArray[np.uint8] = (starts != 0).astype(np.uint8)[None]
        return flags

    def _run(
        self, network: _core.Network, cells: Cells, state: State, starts: npt.NDArray[np.uint8], activations: bool
    ) -> Union[Step, StepWithActivations]:
        if activations:
            return self._run_with_activations(network, cells, state, starts)
        return self._run_plainly(network, cells, state, starts)

    def _run_plainly(self, network: _core.Network, cells: Cells, state: State, starts: npt.NDArray[np.uint8]) -> Step:
        logits, values, h, c, _ = network.forward(cells[None], starts, *state)
        return logits[0], values[0], State(h, c)

    def _run_with_activations(
        self, network: _core.Network, cells: Cells, state: State, starts: npt.NDArray[np.uint8]
    ) -> StepWithActivations:
        logits, values, h, c, number = network.forward(cells[None], starts, *state, keep=True)
        return logits[0], values[0], State(h, c), network.activations(number, len(cells))


def _made(shape: NetworkShape, flat: Parameters, options: dict[str, Any]) -> Policy:
    return Policy(shape, flat, **options)
