"""One Sokoban environment as a gymnasium.Env."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

import gymnasium
import numpy as np

from boxwarp import _core
from boxwarp.options import EnvOptions, spell_out
from boxwarp.registration import register
from boxwarp.vector_env import SokobanVectorEnv
from boxwarp.window import render_modes

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from boxwarp.levels import LevelSource


class SokobanEnv(gymnasium.Env[Any, Any]):
    """One environment; observations are copies. Takes the options of make_vec but num_envs, autoreset, final_observation and
    double_buffer.

    info: "level_id"; at the end of an episode also "episode_return", "episode_length" and "solved".
    """

    metadata = {"render_modes": render_modes(), "render_fps": 8}

    def __init__(self, levels: LevelSource = "quick_train", **options: Unpack[EnvOptions]) -> None:
        for name in ("num_envs", "autoreset", "final_observation", "double_buffer"):
            if name in options:
                raise _core.InputError(f"{name}: not for a single environment; make_vec takes it")
        options.setdefault("device", "cpu")  # a single board is no work for a GPU
        options.setdefault("threads", 1)
        self._envs = SokobanVectorEnv(1, levels, autoreset="disabled", final_observation=False, **options)
        self.observation_space = self._envs.single_observation_space
        self.action_space = self._envs.single_action_space
        self.render_mode = self._envs.render_mode
        self._np_random, self._np_random_seed = self._envs.np_random, self._envs.np_random_seed

    def reset(self, *, seed: Optional[int] = None, options: Optional[dict[str, Any]] = None) -> tuple[Any, dict[str, Any]]:
        """Starts an episode. options["level_id"]: the level to play, or -1 for the next in order."""
        options = dict(options or {})
        level = options.pop("level_id", None)
        if options:
            raise _core.InputError(f"reset: unknown options {sorted(options)}, takes 'level_id'")
        observations, infos = self._envs.reset(seed=seed, options=None if level is None else {"level_ids": [level]})
        super().reset(seed=seed)
        return self._copied(observations), {"level_id": int(infos["level_id"][0])}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """One step: 0 up, 1 down, 2 left, 3 right. After the end of an episode call reset."""
        actions = np.asarray([action])
        observations, rewards, terminated, truncated, infos = self._envs.step(actions)
        solved, cut = bool(terminated[0]), bool(truncated[0])
        info: dict[str, Any] = {"level_id": int(infos["level_id"][0])}
        if solved or cut:
            info["episode_return"] = float(infos["episode_return"][0])
            info["episode_length"] = int(infos["episode_length"][0])
            info["solved"] = solved
        return self._copied(observations), float(rewards[0]), solved, cut, info

    def render(self) -> Any:
        """The board, uint8 (16 H, 16 W, 3)."""
        pictures = self._envs.render()
        return None if pictures is None else pictures[0]

    def get_state(self) -> bytes:
        """Everything that decides how the environment goes on; set_state takes it."""
        return self._envs.get_state()

    def set_state(self, state: bytes) -> None:
        self._envs.set_state(state)

    def close(self) -> None:
        self._envs.close()

    @staticmethod
    def _copied(observations: Any) -> Any:
        return observations[0].copy() if hasattr(observations, "copy") else observations[0].clone()


def make(levels: LevelSource = "quick_train", **options: Unpack[EnvOptions]) -> SokobanEnv:
    """One Sokoban environment as a gymnasium.Env; options as for make_vec."""
    register()
    return SokobanEnv(levels, **options)


spell_out(make, EnvOptions, SokobanVectorEnv)
