"""DRC for people who train with a PyTorch loop of their own. Needs PyTorch.

DRC        runs forward and backward on boxwarp's own kernels, as an autograd function
PlainDRC   the same network in PyTorch's own operations: slower, differentiable twice, open to changes

Both have the published parameter names and shapes, so that state dictionaries go from one to the other, and equal outputs and
gradients up to rounding.

Letters: T steps, B boards, H rows, W columns, A actions, D layers, K ticks, C channels.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Union

import numpy as np

from boxwarp import _core, weights
from boxwarp.observations import cells_of
from boxwarp.options import demand_device
from boxwarp.policy import Policy
from boxwarp.weights import NetworkShape

try:
    import torch
    from torch import Tensor, nn
    from torch.autograd.function import once_differentiable
except ImportError as error:
    raise ImportError("boxwarp.torch needs PyTorch; install it with: pip install torch") from error

from boxwarp.torch_plain import plain_unroll

if TYPE_CHECKING:
    from typing_extensions import Self


class State(NamedTuple):
    """What the network remembers of B boards: (D, B, H, W, C) each."""

    h: Tensor
    c: Tensor


class _Engine:
    """Networks of one shape, one for each device that parameters have been on; copies of a module make their own."""

    def __init__(self, shape: NetworkShape, threads: int, precision: str) -> None:
        self._shape, self._threads, self._precision = shape, threads, precision
        self._networks: dict[str, _core.Network] = {}
        self.busy = threading.Lock()

    def __reduce__(self) -> Any:
        return _Engine, (self._shape, self._threads, self._precision)

    def on(self, device: torch.device) -> _core.Network:
        name = "cpu" if device.type == "cpu" else str(device)
        if name not in self._networks:
            self._networks[name] = _core.Network(
                self._shape.json, device=name, threads=self._threads, precision=self._precision
            )
        return self._networks[name]


def _array(tensor: Tensor) -> Any:
    return tensor.detach().to(device="cpu", dtype=torch.float32).contiguous().numpy()


def _flat(parameters: tuple[Tensor, ...]) -> Any:
    return np.concatenate([_array(parameter).reshape(-1) for parameter in parameters])


class _Unroll(torch.autograd.Function):
    """Logits, values and state of an unroll. What backward needs stays in the network, or is computed again where another
    call has come in between."""

    @staticmethod
    def forward(
        ctx: Any, engine: _Engine, keep: bool, cells: Any, starts: Any, h: Tensor, c: Tensor, *parameters: Tensor
    ) -> Any:
        device = parameters[0].device
        ctx.engine, ctx.cells, ctx.starts = engine, cells, starts
        ctx.save_for_backward(h, c, *parameters)
        ctx.set_materialize_grads(False)
        network = engine.on(device)
        with engine.busy:
            network.load(_flat(parameters))
            *outputs, ctx.number = network.forward(cells, starts, _array(h), _array(c), keep)
        return tuple(torch.from_numpy(output).to(device) for output in outputs)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Optional[Tensor]) -> Any:
        h, c, *parameters = ctx.saved_tensors
        device = parameters[0].device
        steps, boards = ctx.starts.shape
        inputs = (ctx.cells, ctx.starts, _array(h), _array(c))
        actions = parameters[-4].shape[0]  # action_net.weight
        grad_logits, grad_values, grad_h, grad_c = (None if grad is None else _array(grad) for grad in grads)
        if grad_logits is None:
            grad_logits = np.zeros((steps, boards, actions), np.float32)
        if grad_values is None:
            grad_values = np.zeros((steps, boards), np.float32)
        network = ctx.engine.on(device)
        with ctx.engine.busy:
            if not network.keeps(ctx.number):
                network.load(_flat(tuple(parameters)))
                *_, ctx.number = network.forward(*inputs, keep=True)
            flat, grad_h, grad_c = network.backward(ctx.number, *inputs, grad_logits, grad_values, grad_h, grad_c)
        sizes = [parameter.numel() for parameter in parameters]
        pieces = torch.split(torch.from_numpy(flat), sizes)
        grad_parameters = (
            piece.view(parameter.shape).to(device, parameter.dtype) for piece, parameter in zip(pieces, parameters)
        )
        grad_state = (torch.from_numpy(grad).to(device, h.dtype) for grad in (grad_h, grad_c))
        return (None, None, None, None, *grad_state, *grad_parameters)


class _PublishedModule(nn.Module):
    """Parameters under their published names, and what both networks have in common."""

    def __init__(
        self,
        shape: Union[NetworkShape, Mapping[str, Any], None] = None,
        parameters: Optional[Any] = None,
        *,
        seed: int = 0,
        head_gain: float = 1.0,
        **options: Any,
    ) -> None:
        """shape: members that are not as in the published DRC(3, 3), or give them by name: layers=1, ticks=1, height=7.
        parameters: float32 (P), flat; None: the published initialisation with this seed and gain of the heads.
        """
        super().__init__()
        self.shape = shape if isinstance(shape, NetworkShape) and not options else weights.shape_of(
            shape.as_dict() if isinstance(shape, NetworkShape) else shape, options
        )
        if self.shape.kind != "drc":
            raise _core.InputError(f"boxwarp.torch: found a {self.shape.kind}, takes a drc; Policy runs both")
        flat = weights.initial(self.shape, seed, head_gain) if parameters is None else np.array(parameters, np.float32)
        for name, values in weights.split(self.shape, flat).items():
            *folders, last = name.split(".")
            place: nn.Module = self
            for folder in folders:
                if not hasattr(place, folder):
                    place.add_module(folder, nn.Module())
                place = getattr(place, folder)
            place.register_parameter(last, nn.Parameter(torch.from_numpy(values.copy())))
        # The published files name the dense layer twice.
        mlp: Any = self.mlp_extractor
        mlp.add_module("value_net", nn.Module())
        mlp.value_net.add_module("fc0", mlp.policy_net.fc0)

    @classmethod
    def load(cls, path: weights.Path, **options: Any) -> Self:
        """Reads weights as Policy.load does, with the same errors."""
        shape, flat = weights.load(path)
        return cls(shape, flat, **options)

    @classmethod
    def from_policy(cls, policy: Policy, **options: Any) -> Self:
        """A module with the parameters that the agent has now."""
        return cls(policy.shape, policy.flat_parameters, **options)

    def load_state_dict(self, state_dict: Mapping[str, Any], *arguments: Any, **options: Any) -> Any:
        """Takes what published files have: the second name of the dense layer may be missing, and must be equal where it is
        there; a fence with several input channels is summed over them."""
        given = dict(state_dict)
        for member in ("weight", "bias"):
            dense, alias = given.get(weights.DENSE + member), given.get(weights.ALIAS + member)
            if dense is not None and alias is not None and not torch.equal(dense, alias):
                raise _core.WeightsError(
                    f"{weights.ALIAS}{member} differs from {weights.DENSE}{member}, whose other name it is"
                )
            if dense is not None:
                given[weights.ALIAS + member] = dense
        for name, tensor in given.items():
            if name.endswith("fence_conv.weight") and tensor.dim() == 4 and tensor.shape[1] > 1:
                given[name] = tensor.sum(1, keepdim=True)
        return super().load_state_dict(given, *arguments, **options)

    def policy(self, **options: Any) -> Policy:
        """An agent with the parameters that the module has now; options: device and threads."""
        return Policy(self.shape, _flat(self._tensors()), **options)

    def save(self, path: weights.Path, *, names: str = "torch") -> None:
        """Writes safetensors as Policy.save does."""
        self.policy(device="cpu", threads=1).save(path, names=names)

    def initial_state(self, n: int) -> State:
        """The state of n boards at the start of an episode: zeros, where the parameters lie."""
        shape = (self.shape.state_layers, n, self.shape.height, self.shape.width, self.shape.channels)
        first = self._tensors()[0]
        return State(first.new_zeros(shape), first.new_zeros(shape))

    def step(self, observations: Any, state: Optional[Any] = None, episode_starts: Any = None) -> tuple[Tensor, Tensor, State]:
        """forward for one step: observations (B, ...), episode_starts (B); gives logits (B, A), values (B), state."""
        starts = None if episode_starts is None else episode_starts[None]
        logits, values, after = self(observations[None], state, starts)
        return logits[0], values[0], after

    def extra_repr(self) -> str:
        return repr(self.shape)

    def _tensors(self) -> tuple[Tensor, ...]:
        """In the order of the flat array."""
        named = dict(self.named_parameters())
        return tuple(named[name] for name, _, _ in self.shape.tensors())

    def _inputs(self, observations: Any, state: Any, episode_starts: Any) -> tuple[Any, Any, Tensor, Tensor]:
        cells = cells_of(observations, self.shape.height, self.shape.width, 2)
        steps, boards = cells.shape[:2]
        h, c = self.initial_state(boards) if state is None else state
        if episode_starts is None:
            return cells, np.zeros((steps, boards), np.uint8), h, c
        starts = episode_starts.detach().cpu().numpy() if isinstance(episode_starts, Tensor) else np.asarray(episode_starts)
        if starts.shape != (steps, boards):
            raise _core.InputError(f"episode_starts: found the shape {starts.shape}, takes ({steps}, {boards})")
        return cells, (starts != 0).astype(np.uint8), h, c


class DRC(_PublishedModule):
    """DRC(D, K) on boxwarp's own kernels, forward and backward.

        net = boxwarp.torch.DRC(layers=1, ticks=1, height=7, width=7)     # or DRC.load("model.safetensors")
        logits, values, state = net(observations, state, episode_starts)  # (T, B, ...): a rollout in one call
        loss(logits, values).backward()

    Gradients go to the parameters and to the state before, through all steps of a call, and on a processor from the state
    after as well, so that calls can be chained. A backward that does not follow its forward at once (another call came in
    between) runs the forward again. Arrays cross in the memory of the processor, in float32, wherever the module is; the
    computation runs on the device of its parameters.
    """

    def __init__(
        self,
        shape: Union[NetworkShape, Mapping[str, Any], None] = None,
        parameters: Optional[Any] = None,
        *,
        threads: int = 0,
        precision: str = "bf16",
        **options: Any,
    ) -> None:
        """threads: of the processor, 0 for all cores.

        precision: of products on a GPU, "bf16", "bf16-wgmma" (H100, H200) or "float32".

        Everything else as for PlainDRC: the shape or its members by name, parameters, seed and head_gain.
        """
        demand_device("cpu", threads)
        super().__init__(shape, parameters, **options)
        self._engine = _Engine(self.shape, threads, precision)

    def forward(
        self, observations: Any, state: Optional[Any] = None, episode_starts: Any = None
    ) -> tuple[Tensor, Tensor, State]:
        """T steps of B boards.

        observations: (T, B, ...) as make_vec gives them, for boards of H x W; NumPy arrays or tensors.
        state: a pair h, c of (D, B, H, W, C); None: zeros.
        episode_starts: (T, B); where true, the state is zeroed before that step. None: nowhere.

        Returns logits (T, B, A), values (T, B) and the state after the last step.
        Raises InputError (a ValueError) that says the shape for arrays that do not fit.
        """
        cells, starts, h, c = self._inputs(observations, state, episode_starts)
        logits, values, h, c = _Unroll.apply(
            self._engine, torch.is_grad_enabled(), cells, starts, h, c, *self._tensors()
        )
        return logits, values, State(h, c)


class PlainDRC(_PublishedModule):
    """The same network, computed by PyTorch alone: what DRC is compared with, and where to change something.

    Its submodules, as DRC's, hold parameters and nothing else: they are never called, so hooks on them never fire (hooks on
    the network itself do). What the cells hold tick by tick is told by Policy.think(..., activations=True).
    """

    def forward(
        self, observations: Any, state: Optional[Any] = None, episode_starts: Any = None
    ) -> tuple[Tensor, Tensor, State]:
        """As DRC.forward."""
        cells, starts, h, c = self._inputs(observations, state, episode_starts)
        named = {name: tensor for (name, _, _), tensor in zip(self.shape.tensors(), self._tensors())}
        logits, values, h, c = plain_unroll(self.shape, named, cells, starts, h, c)
        return logits, values, State(h, c)
