"""Stable-Baselines3's PPO on boxwarp: a VecEnv over the engine. python sb3_ppo.py --frames 500000"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any, Optional

import numpy as np
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecEnv, VecMonitor

import boxwarp


class BoxwarpVecEnv(VecEnv):
    """boxwarp.make_vec as Stable-Baselines3 has it: episodes restart in the step that ends them, infos is a list."""

    def __init__(self, num_envs: int, levels: Any = "quick_train", **options: Any) -> None:
        # Stable-Baselines3 keeps the last observation across a step, hence two buffers.
        self.envs = boxwarp.make_vec(num_envs, levels, device="cpu", double_buffer=True, **options)
        super().__init__(num_envs, self.envs.single_observation_space, self.envs.single_action_space)

    def reset(self) -> np.ndarray:
        seeds = [seed for seed in self._seeds if seed is not None]
        self._reset_seeds()
        observations: np.ndarray = self.envs.reset(seed=seeds[0] if seeds else None)[0]
        return observations

    def step_async(self, actions: np.ndarray) -> None:
        self._actions = np.asarray(actions)

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        observations, rewards, terminated, truncated, told = self.envs.step(self._actions)
        done = terminated | truncated
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for e in np.flatnonzero(done):
            infos[e] = {
                "terminal_observation": told["final_obs"][e].copy(),
                "TimeLimit.truncated": bool(truncated[e]),
                "is_success": bool(terminated[e]),
            }
        return observations, rewards.copy(), done, infos

    def close(self) -> None:
        self.envs.close()

    def get_attr(self, attr_name: str, indices: Optional[int | Iterable[int]] = None) -> list[Any]:
        return [getattr(self.envs, attr_name)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices: Optional[int | Iterable[int]] = None) -> None:
        setattr(self.envs, attr_name, value)

    def env_method(self, method_name: str, *args: Any, indices: Optional[int | Iterable[int]] = None, **kwargs: Any) -> list[Any]:
        result = getattr(self.envs, method_name)(*args, **kwargs)
        return [result] * len(list(self._get_indices(indices)))

    def env_is_wrapped(self, wrapper_class: type, indices: Optional[int | Iterable[int]] = None) -> list[bool]:
        return [False] * len(list(self._get_indices(indices)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--levels", default="quick_train")
    parser.add_argument("--frames", type=int, default=500_000)
    parser.add_argument("--envs", type=int, default=64)
    parser.add_argument("--steps", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    envs = VecMonitor(BoxwarpVecEnv(args.envs, args.levels, observation="planes"))
    model = PPO(
        "MlpPolicy", envs, n_steps=args.steps, batch_size=512, n_epochs=3, gamma=0.97, learning_rate=1e-3, ent_coef=0.01,
        seed=args.seed, device="cpu", verbose=1,
    )  # fmt: skip
    model.learn(args.frames)
    print("solved lately: {:.1f} %".format(100 * float(np.mean(model.ep_success_buffer or [0.0]))))


if __name__ == "__main__":
    main()
