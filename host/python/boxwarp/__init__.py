"""Sokoban boards as bits, stepped and drawn by the thousand, and recurrent agents (DRC) that learn to plan in them.

    import boxwarp
    envs = boxwarp.make_vec(4096, levels="quick_train", observation="rgb", seed=0)   # gymnasium.vector.VectorEnv
    observations, infos = envs.reset()
    observations, rewards, terminated, truncated, infos = envs.step(actions)          # 0 up, 1 down, 2 left, 3 right

Rules, rewards, episode ends and observations are those of the environment that the published DRC agents were trained in:
-0.1 a step, +1 and -1 for a box on and off a target, +10 for the solution; an episode is truncated after a number of steps
drawn from min_steps..max_steps.

    policy = boxwarp.Policy.load("quick")                                             # or a file of weights
    logits, values, state = policy.step(observations, policy.initial_state(n), episode_starts)
    print(boxwarp.evaluate(policy, "quick_test", think=[0, 2, 4]))
    boxwarp.Trainer("quick", levels="quick_train", out="runs/first").run()

make_vec, make     environments: N of them together, or one
load_levels        a set of levels from files, folders, text, arrays of cell codes, or a generator
Policy             an agent: steps, thinking without acting, everything that its cells hold
evaluate           how many levels an agent solves
Trainer, preset    training, and the settings of a preset; boxwarp.callbacks has writers for TensorBoard and others
boxwarp.torch      DRC as a torch.nn.Module that runs here, and its twin in PyTorch's own operations
shipped            names of the level sets and models that come with the package

Errors: InputError (a ValueError) for what the caller can mend, LevelError and WeightsError (InputErrors) for levels and
files of weights, DeviceError (a RuntimeError) for a device that is missing or failed. Messages say where, what was found,
and what to do.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from boxwarp._core import DeviceError, InputError, LevelError, Levels, WeightsError, version
from boxwarp.levels import load_levels, shipped

if TYPE_CHECKING:
    from boxwarp.env import SokobanEnv, make
    from boxwarp.evaluation import Evaluation, evaluate
    from boxwarp.policy import Policy, State
    from boxwarp.trainer import Trainer, preset
    from boxwarp.vector_env import SokobanVectorEnv, make_vec
    from boxwarp.weights import NetworkShape

__version__ = version()

__all__ = [
    "DeviceError",
    "Evaluation",
    "InputError",
    "LevelError",
    "Levels",
    "NetworkShape",
    "Policy",
    "SokobanEnv",
    "SokobanVectorEnv",
    "State",
    "Trainer",
    "WeightsError",
    "__version__",
    "evaluate",
    "load_levels",
    "make",
    "make_vec",
    "preset",
    "shipped",
]

# What needs NumPy or Gymnasium is imported when it is first asked for.
_HOMES = {
    "SokobanVectorEnv": "boxwarp.vector_env",
    "make_vec": "boxwarp.vector_env",
    "SokobanEnv": "boxwarp.env",
    "make": "boxwarp.env",
    "Evaluation": "boxwarp.evaluation",
    "evaluate": "boxwarp.evaluation",
    "NetworkShape": "boxwarp.weights",
    "Policy": "boxwarp.policy",
    "State": "boxwarp.policy",
    "Trainer": "boxwarp.trainer",
    "preset": "boxwarp.trainer",
}
_SUBMODULES = ("callbacks", "torch")  # boxwarp.torch needs PyTorch


def __getattr__(name: str) -> Any:
    import importlib

    if name in _SUBMODULES:
        return importlib.import_module(f"boxwarp.{name}")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'boxwarp' has no attribute '{name}'")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


if "gymnasium" in sys.modules:  # whoever imports Gymnasium later finds the environment through its entry point
    from boxwarp.registration import register

    register()
