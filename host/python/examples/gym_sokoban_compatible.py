"""boxwarp behind the interface of gym-sokoban: nine actions, pictures of 16 pixels a cell, its info keys.

gym-sokoban counts 0 no-op, 1 to 4 push up, down, left, right, 5 to 8 move up, down, left, right. A push that meets no box is
a move there, and a move never pushes. Run this file to see one random episode.
"""

from __future__ import annotations

from typing import Any, Optional

import gymnasium
import numpy as np

import boxwarp

_NAMES = ["no operation", *(f"{verb} {way}" for verb in ("push", "move") for way in ("up", "down", "left", "right"))]
_DELTAS = np.array([(-1, 0), (1, 0), (0, -1), (0, 1)])
_BOXES, _PLAYERS = (3, 4), (5, 6)


class GymSokoban(gymnasium.Env[np.ndarray, np.int64]):
    """A gymnasium.Env with gym-sokoban's actions, pictures and info; rewards and caps are the same in both."""

    metadata = {"render_modes": ["rgb_array"]}

    def __init__(self, levels: Any = "quick_train", max_steps: int = 120, **options: Any) -> None:
        self._envs = boxwarp.make_vec(
            1, levels, device="cpu", threads=1, observation="cells", autoreset="disabled",
            min_steps=max_steps, max_steps=max_steps, render_mode="rgb_array", **options,
        )  # fmt: skip
        height, width = self._envs.single_observation_space.shape  # type: ignore[misc]
        self.action_space = gymnasium.spaces.Discrete(len(_NAMES))
        self.observation_space = gymnasium.spaces.Box(0, 255, (16 * height, 16 * width, 3), np.uint8)
        self.render_mode = "rgb_array"
        self._max_steps, self._steps = max_steps, 0
        self._cells = np.zeros((height, width), np.uint8)

    def get_action_lookup(self) -> dict[int, str]:
        return dict(enumerate(_NAMES))

    def reset(self, *, seed: Optional[int] = None, options: Optional[dict[str, Any]] = None) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        self._cells = self._envs.reset(seed=seed)[0][0]
        self._steps = 0
        return self.render(), {}

    def step(self, action: int | np.int64) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        before = self._cells.copy()
        self._steps += 1
        if self._acts(int(action)):
            _, rewards, terminated, truncated, _ = self._envs.step(np.array([(int(action) - 1) % 4]))
            reward, solved, cut = float(rewards[0]), bool(terminated[0]), bool(truncated[0])
        else:  # nothing moves: the step costs its reward and counts towards the cap all the same
            reward, solved, cut = -0.1, False, False
        cut = cut or (self._steps >= self._max_steps and not solved)
        moved = np.isin(before, _PLAYERS) != np.isin(self._cells, _PLAYERS)
        info = {
            "action.name": _NAMES[int(action)],
            "action.moved_player": bool(moved.any()),
            "action.moved_box": bool((np.isin(before, _BOXES) != np.isin(self._cells, _BOXES)).any()),
            "all_boxes_on_target": solved,
            "maxsteps_used": cut,
        }
        return self.render(), reward, solved, cut, info

    def _acts(self, action: int) -> bool:
        """Is this something that our rules do: not a no-op, and not a move into a box?"""
        if action == 0:
            return False
        player = np.argwhere(np.isin(self._cells, _PLAYERS))[0]
        row, column = player + _DELTAS[(action - 1) % 4]
        inside = 0 <= row < self._cells.shape[0] and 0 <= column < self._cells.shape[1]
        return action < 5 or not (inside and self._cells[row, column] in _BOXES)

    def render(self) -> np.ndarray:
        pictures = self._envs.render()
        assert pictures is not None
        return pictures[0]

    def close(self) -> None:
        self._envs.close()


if __name__ == "__main__":
    env = GymSokoban()
    observation, _ = env.reset(seed=0)
    total, done = 0.0, False
    while not done:
        observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
        total, done = total + reward, terminated or truncated
    print(f"pictures {observation.shape}, return {total:.1f}, solved: {info['all_boxes_on_target']}")
