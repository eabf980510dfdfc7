"""N Sokoban environments as one gymnasium.vector.VectorEnv; arrays are views of the engine's memory."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Optional

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from boxwarp import _core
from boxwarp.levels import load_levels
from boxwarp.options import VectorEnvOptions, spell_out
from boxwarp.registration import register
from boxwarp.tensors import Output, output_named
from boxwarp.window import Window, render_modes

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from boxwarp.levels import LevelSource

_MODES = {
    "same_step": AutoresetMode.SAME_STEP,
    "next_step": AutoresetMode.NEXT_STEP,
    "disabled": AutoresetMode.DISABLED,
}
_SEED_BITS = 63  # of a seed that is drawn
_TILE = 16  # pixels of a cell in what render() gives


def observation_space(engine: _core.Engine, observation: str, dtype: str) -> gymnasium.Space[Any]:
    """The space of one observation of the engine's."""
    shape = tuple(engine.observation_shape)
    if observation == "packed":
        return gymnasium.spaces.Box(0, np.iinfo(np.uint64).max, shape, np.uint64)
    high = {"planes": 1, "planes4": 1, "cells": 6}.get(observation, 255)
    is_float = observation in ("planes", "planes4") and dtype != "uint8"  # NumPy has no bfloat16
    return gymnasium.spaces.Box(0, high, shape, np.float32 if is_float else np.uint8)


class SokobanVectorEnv(gymnasium.vector.VectorEnv[Any, Any, Any]):
    """N Sokoban environments stepped together. See make_vec for the arguments.

    What reset and step return are views of memory that the engine writes again at the next call: copy what must stay, or
    ask for double_buffer; only JAX, which takes arrays for constant, gets copies. Calls from several threads take turns.
    Environments can be copied (copy.deepcopy) and pickled, amid episodes too.
    The arrays of infos are dense, (N) or (N, ...), each with a mask "_name" that says where it is valid:

    level_id          int64, number of the level being played, from 0; -1 where none runs
    final_obs         the last observation of the episode that ended (same_step), as the observations
    finished_level_id int64, level of the episode that ended
    episode_return    float64, its return
    episode_length    int32, its steps
    """

    def __init__(
        self,
        num_envs: int = 1,
        levels: LevelSource = "quick_train",
        *,
        device: str = "auto",
        threads: int = 0,
        observation: str = "rgb",
        layout: str = "chw",
        dtype: str = "uint8",
        tile: int = 8,
        autoreset: str = "same_step",
        level_order: str = "random",
        min_steps: int = 30,
        max_steps: int = 120,
        rewards: tuple[float, float, float] = (-0.1, 1.0, 10.0),
        size: Optional[tuple[int, int]] = None,
        symmetry: bool = False,
        no_op: bool = False,
        no_op_reward: float = 0.0,
        solved_rule: str = "boxes_matched",
        end_on_deadlock: bool = False,
        final_observation: bool = True,
        seed: Optional[int] = None,
        seeds: Sequence[int] = (),
        lenient: bool = False,
        double_buffer: bool = False,
        output: str = "numpy",
        stream: Optional[int] = None,
        render_mode: Optional[str] = None,
    ) -> None:
        mistakes: list[str] = []
        if render_mode not in (None, "rgb_array", "human"):
            mistakes.append(f"render_mode: found {render_mode!r}, takes None, 'rgb_array' or 'human'")
        kind, device = output_named(output, device, observation, dtype, mistakes)
        drawn = secrets.randbits(_SEED_BITS) if seed is None else seed
        checked: dict[str, Any] = dict(
            num_envs=num_envs,
            device=device,
            threads=threads,
            observation=observation,
            layout=layout,
            dtype=dtype,
            tile=tile,
            autoreset=autoreset,
            level_order=level_order,
            min_steps=min_steps,
            max_steps=max_steps,
            rewards=rewards,
            size=size,
            symmetry=symmetry,
            no_op=no_op,
            no_op_reward=no_op_reward,
            solved_rule=solved_rule,
            end_on_deadlock=end_on_deadlock,
            final_observation=final_observation,
            seed=drawn,
            seeds=seeds,
            double_buffer=double_buffer,
        )
        options = _core.environment_options(mistakes, **checked)
        self.levels = load_levels(levels, lenient=lenient)
        self.engine = _core.Engine(self.levels, options)
        self._arguments = {**checked, "levels": self.levels, "output": output, "stream": stream, "render_mode": render_mode}
        self._started = False
        self._output: Output = kind(self.engine, stream)
        self._keep_seed(drawn if len(seeds) == 0 else seeds)
        self.num_envs = num_envs
        self.single_observation_space = observation_space(self.engine, observation, dtype)
        self.single_action_space = gymnasium.spaces.Discrete(self.engine.num_actions)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.render_mode = render_mode
        self.metadata = {
            "autoreset_mode": _MODES[autoreset],
            "render_modes": render_modes(),
            "render_fps": 8,
        }
        self._window: Optional[Window] = None
        self._worker: Optional[ThreadPoolExecutor] = None
        self._pending: Optional[Future[Any]] = None
        self._has_final = autoreset == "same_step" and final_observation
        self._buffers = 2 if double_buffer else 1
        self._always = self._output.all_true(num_envs)
        self._hand_out()

    def __reduce__(self) -> Any:
        """The same environments, where they are, and their spaces; on the same kind of device."""
        self._demand_idle("pickle")
        kept = ("_np_random", "_np_random_seed", "action_space", "single_action_space", "observation_space", "spec")
        state = self.get_state() if self._started else None
        return _made, (self._arguments, state), {name: getattr(self, name) for name in kept}

    def _keep_seed(self, seed: int | Sequence[Optional[int]]) -> None:
        """For np_random_seed, which is -1 where each environment has its own, as Gymnasium calls what is not known."""
        if isinstance(seed, (int, np.integer)):
            self._np_random, self._np_random_seed = seeding.np_random(int(seed))
        else:
            self._np_random_seed = -1

    def _hand_out(self) -> None:
        """Makes every array that is handed out: once for views, whose memory never moves, after each call for copies."""
        engine, give = self.engine, self._output.give
        self._observations = [give(engine.observations(b)) for b in range(self._buffers)]
        self._rewards = give(engine.rewards())
        self._terminated = give(engine.terminated())
        self._truncated = give(engine.truncated())
        self._told: dict[str, Any] = {
            "finished_level_id": give(engine.finished_level_ids()),
            "episode_length": give(engine.episode_lengths()),
        }
        if engine.on_processor:
            self._told["episode_return"] = give(engine.episode_returns())
        if self._has_final:
            self._told["final_obs"] = give(engine.final_observations())
        self._level_ids = give(engine.level_ids())

    def _done(self) -> None:
        """The engine has written."""
        self._output.after()
        if self._output.copies:
            self._hand_out()

    def reset(
        self, *, seed: Optional[int | Sequence[Optional[int]]] = None, options: Optional[dict[str, Any]] = None
    ) -> tuple[Any, dict[str, Any]]:
        """Starts a new episode everywhere, or where options["reset_mask"] (N, bool) says.

        seed: starts anew under this seed, counters zeroed, so that the same calls give the same episodes again; or one for
            each environment, as seeds of make_vec (None: one is drawn).
        options["level_ids"]: (N) the level to play in each environment, or one for all; -1: the next in order.
        """
        self._demand_idle("reset")
        options = options or {}
        unknown = set(options) - {"reset_mask", "level_ids"}
        if unknown:
            raise _core.InputError(f"reset: unknown options {sorted(unknown)}, takes 'reset_mask' and 'level_ids'")
        mask = options.get("reset_mask")
        ids = options.get("level_ids")
        if ids is not None and (np.asarray(ids).dtype.kind not in "iu" or np.shape(ids) not in ((), (self.num_envs,))):
            raise _core.InputError(f"reset: found level_ids {ids!r}, takes one whole number or {self.num_envs} of them")
        if seed is not None and mask is not None:
            raise _core.InputError("reset: a seed starts every environment, so it goes without 'reset_mask'")
        self._output.before()
        if seed is not None:
            if isinstance(seed, (list, tuple)):
                seed = [secrets.randbits(_SEED_BITS) if each is None else each for each in seed]
            self.engine.reset_seeds(seed)
            self._keep_seed(seed)
        if seed is None or ids is not None:
            self.engine.reset(
                None if mask is None else np.ascontiguousarray(mask, dtype=np.bool_),
                None if ids is None else np.ascontiguousarray(np.broadcast_to(ids, (self.num_envs,)), dtype=np.int64),
            )
        self._started = True
        self._done()
        if self.render_mode == "human":
            self._draw()
        return self._observations[self.engine.buffer], {"level_id": self._level_ids, "_level_id": self._always}

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """One step of every environment.

        actions: (N) of int32, int64 or uint8, each 0 up, 1 down, 2 left, 3 right; NumPy, PyTorch, JAX, CuPy or anything
            that has __dlpack__. Raises InputError that names the environment of a bad action; then nobody was stepped.
        Returns observations, rewards (float32), terminated (solved) and truncated (cap reached), infos.
        """
        self._demand_idle("step")
        return self._step(actions)

    def _step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        output = self._output
        output.before(actions)
        self.engine.step(actions)
        self._done()
        done = output.either(self._terminated, self._truncated)
        infos: dict[str, Any] = {"level_id": self._level_ids, "_level_id": self._always}
        for name, array in self._told.items():
            infos[name] = array
            if done is not None:
                infos["_" + name] = done
        if self.render_mode == "human":
            self._draw()
        return self._observations[self.engine.buffer], self._rewards, self._terminated, self._truncated, infos

    def step_async(self, actions: Any) -> None:
        """Starts a step in the background; step_wait() gives what step() would. actions are copied.

        Until then other calls raise InputError.
        """
        self._demand_idle("step_async")
        if self._worker is None:
            self._worker = ThreadPoolExecutor(1, thread_name_prefix="boxwarp")
        self._pending = self._worker.submit(self._step, self._output.copy(actions))

    def _demand_idle(self, call: str) -> None:
        if self._pending is not None:
            raise _core.InputError(f"{call}: a step is under way; call step_wait first")

    def step_wait(self) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Waits for the step that step_async started."""
        if self._pending is None:
            raise _core.InputError("step_wait: no step is under way; call step_async first")
        pending, self._pending = self._pending, None
        told: tuple[Any, Any, Any, Any, dict[str, Any]] = pending.result()
        return told

    def send(self, actions: Any) -> None:
        """EnvPool's name for step_async, for all environments."""
        self.step_async(actions)

    def recv(self) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """EnvPool's name for step_wait; infos has "env_id", (N), as well."""
        observations, rewards, terminated, truncated, infos = self.step_wait()
        infos["env_id"] = np.arange(self.num_envs, dtype=np.int32)
        return observations, rewards, terminated, truncated, infos

    def step_many(self, actions: Any = None, steps: int = 1) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """T steps in one call, without observations: the sum of rewards (N), episodes that ended (N), those solved (N).

        actions: uint8 (T, N), or None for `steps` steps of uniform random play. Takes autoreset "same_step".
        """
        self._demand_idle("step_many")
        return self.engine.step_many(None if actions is None else np.ascontiguousarray(actions, dtype=np.uint8), steps)

    def random_actions(self) -> npt.NDArray[np.uint8]:
        """Uniform random actions for the next step, uint8 (N), the same under the same seed."""
        self._demand_idle("random_actions")
        return self.engine.random_actions()

    def get_state(self) -> bytes:
        """Everything that decides how the environments go on."""
        self._demand_idle("get_state")
        return self.engine.save()

    def set_state(self, state: bytes) -> None:
        """Goes on from what get_state gave, exactly; InputError if it came from another configuration or level set."""
        self._demand_idle("set_state")
        if not isinstance(state, bytes):
            raise _core.InputError(f"set_state: found {type(state).__name__}, takes the bytes that get_state gave")
        self._output.before()
        self.engine.restore(state)
        self._started = True
        self._done()

    def render(self) -> Optional[tuple[npt.NDArray[np.uint8], ...]]:
        """Every board drawn, uint8 (16 H, 16 W, 3) each; with render_mode "human" the first boards in a window."""
        if self.render_mode is None:
            raise _core.InputError("render: make the environments with render_mode='rgb_array' or 'human'")
        self._demand_idle("render")
        return self._draw()

    def _draw(self) -> Optional[tuple[npt.NDArray[np.uint8], ...]]:
        pictures = self.engine.render(_TILE)
        if self.render_mode == "human":
            self._window = self._window or Window()
            self._window.show(pictures, self.metadata["render_fps"])
            return None
        return tuple(pictures)

    def close_extras(self, **kwargs: Any) -> None:
        """Ends the background thread and the window; arrays that were handed out stay valid."""
        if self._worker is not None:
            self._worker.shutdown(wait=True)
            self._worker = None
        if self._window is not None:
            self._window.close()
            self._window = None


def _made(arguments: dict[str, Any], state: Optional[bytes]) -> SokobanVectorEnv:
    envs = SokobanVectorEnv(**arguments)
    if state is not None:
        envs.set_state(state)
    return envs


def make_vec(
    num_envs: int = 1, levels: LevelSource = "quick_train", **options: Unpack[VectorEnvOptions]
) -> SokobanVectorEnv:
    """N Sokoban environments as a gymnasium.vector.VectorEnv.

    num_envs: N, 1 or more.
    levels: what load_levels takes: a path, a list of paths, the name of a shipped set, text, an array of cell codes, or
        "generated:size=10x10,boxes=4,count=10000".
    device: "auto" (a GPU where one works, else the processor; with output "numpy" always the processor, with "cupy" a GPU),
        "cpu", "cuda" or "cuda:N".
    threads: of the processor; 0 for all cores.
    observation: "rgb" uint8 (3, H, W), one pixel a cell; "planes" one-hot over the seven cell codes (7, H, W); "planes4"
        wall, target, box, player (4, H, W); "cells" the codes (H, W); "packed" uint64 words; "pixels" drawn tiles
        (tile H, tile W, 3); "none".
    layout: "chw" or "hwc", of rgb and planes.  dtype: "uint8", "bfloat16" (not for NumPy) or "float32", of planes.
    tile: 8 or 16, height and width of a cell of "pixels".
    autoreset: "same_step" (the observation at an episode's end is the next episode's first; the last one is in
        infos["final_obs"]), "next_step" or "disabled", as Gymnasium defines them.
    level_order: "random", or "sequential" (environment e plays levels e, e + N, ...).
    min_steps, max_steps: the cap of an episode is drawn from these, both included.
    rewards: of a step, of a box on a target (less for one off), of the solution.
    size: (H, W) of observations; None for the largest level's. Smaller boards are padded with wall.
    symmetry: play each level in one of its symmetries, drawn at each reset.
    no_op: a fifth action, 4, that does nothing and costs a step.  no_op_reward: of that action, beside the step's.
    solved_rule: "boxes_matched" (no box is off a target) or "targets_covered" (boxes left over do not matter).
    end_on_deadlock: a board that can never be solved ends its episode, truncated. Never wrong; some dead boards are missed.
    seed, seeds: of all environments, or one for each, in which case each plays as environment 0 of its seed. Where neither is
        given a seed is drawn, as Gymnasium does it; np_random_seed tells it, and reset(seed=...) with it plays the same.
    lenient: leave bad levels out instead of raising LevelError at the first.
    double_buffer: observations go to two buffers in turn, so that the last two stay valid (processor only).
    output: "numpy", "torch", "jax", "cupy" or "dlpack": the kind of arrays that reset and step return. Those of JAX, which
        takes arrays for constant, are copies; without jax_enable_x64 it has 32 bits of ids and returns, and no "packed".
        "dlpack" gives NumPy arrays where it can; on a GPU objects with __dlpack__ alone, and no masks of what ended.
    stream: CUDA stream (a number) that the caller works in; None for the framework's current one. With JAX reset and step
        wait for the GPU.
    render_mode: None, "rgb_array" or "human".

    Raises InputError with everything that is wrong with the options (but a size below that of the levels, which are read
    later), LevelError for levels, DeviceError for the device, also where its memory does not hold so much.
    """
    register()
    return SokobanVectorEnv(num_envs, levels, **options)


spell_out(make_vec, VectorEnvOptions, SokobanVectorEnv)
