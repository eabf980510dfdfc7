"""PPO in one file of PyTorch, in the manner of CleanRL, on the processor or a GPU.

    python ppo_torch.py --levels quick_train --frames 2000000

A small convolutional network without memory; for recurrent agents and for speed there is boxwarp's own training. Tensors come
from the engine without a copy: what must outlive the next step is copied into the rollout.
"""

from __future__ import annotations

import argparse

import torch
from torch import nn

import boxwarp


class Agent(nn.Module):
    """Policy (4 logits) and value from one-hot planes (7, H, W)."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(7, 32, 3, padding=1), nn.ReLU(),
            nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(),
            nn.Flatten(), nn.Linear(32 * height * width, 128), nn.ReLU(),
        )  # fmt: skip
        self.policy, self.value = nn.Linear(128, 4), nn.Linear(128, 1)
        nn.init.orthogonal_(self.policy.weight, 0.01)

    def forward(self, planes: torch.Tensor) -> tuple[torch.distributions.Categorical, torch.Tensor]:
        hidden = self.body(planes)
        return torch.distributions.Categorical(logits=self.policy(hidden)), self.value(hidden).squeeze(-1)


def advantages_of(
    rewards: torch.Tensor, values: torch.Tensor, done: torch.Tensor, gamma: float, lam: float
) -> torch.Tensor:
    """Generalised advantage estimation: rewards, done (T, N), values (T + 1, N)."""
    out, last = torch.zeros_like(rewards), torch.zeros_like(rewards[0])
    for t in reversed(range(len(rewards))):
        going_on = 1.0 - done[t]
        error = rewards[t] + gamma * values[t + 1] * going_on - values[t]
        out[t] = last = error + gamma * lam * going_on * last
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--levels", default="quick_train")
    parser.add_argument("--frames", type=int, default=2_000_000)
    parser.add_argument("--envs", type=int, default=64)
    parser.add_argument("--steps", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.manual_seed(args.seed)

    envs = boxwarp.make_vec(
        args.envs, levels=args.levels, device=args.device, observation="planes", dtype="float32", output="torch", seed=args.seed
    )
    _, height, width = envs.single_observation_space.shape  # type: ignore[misc]
    agent = Agent(height, width).to(args.device)
    optimizer = torch.optim.Adam(agent.parameters(), lr=1e-3, eps=1e-5)
    shape = (args.steps, args.envs)
    seen = torch.zeros((*shape, 7, height, width), device=args.device)
    actions = torch.zeros(shape, dtype=torch.uint8, device=args.device)
    log_probs, rewards, done = (torch.zeros(shape, device=args.device) for _ in range(3))
    values = torch.zeros((args.steps + 1, args.envs), device=args.device)

    observation, _ = envs.reset()
    for update in range(1, args.frames // (args.envs * args.steps) + 1):
        episodes = solved = 0
        with torch.no_grad():
            for t in range(args.steps):
                seen[t] = observation
                policy, values[t] = agent(seen[t])
                action = policy.sample()
                actions[t], log_probs[t] = action.to(torch.uint8), policy.log_prob(action)
                observation, reward, terminated, truncated, _ = envs.step(actions[t])
                ended = terminated | truncated
                rewards[t], done[t] = 0.1 * reward, ended.float()
                episodes, solved = episodes + int(ended.sum()), solved + int(terminated.sum())
            values[args.steps] = agent(observation)[1]
            advantage = advantages_of(rewards, values, done, 0.97, 0.95)
            target = (advantage + values[:-1]).flatten()
        flat = (seen.flatten(0, 1), actions.flatten(), log_probs.flatten(), advantage.flatten())
        for _ in range(args.epochs):
            for chosen in torch.split(torch.randperm(args.envs * args.steps), 512):
                planes, action, old, gain = (tensor[chosen] for tensor in flat)
                gain = (gain - gain.mean()) / (gain.std() + 1e-8)
                policy, value = agent(planes)
                ratio = (policy.log_prob(action) - old).exp()
                surrogate = torch.min(ratio * gain, ratio.clamp(0.8, 1.2) * gain).mean()
                loss = -surrogate + 0.5 * (value - target[chosen]).square().mean() - 0.01 * policy.entropy().mean()
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
                optimizer.step()
        if update % 20 == 0 or update == 1:
            share = 100 * solved / max(episodes, 1)
            print(f"update {update}: {update * args.envs * args.steps:,} frames, {share:.1f} % of {episodes} episodes solved")


if __name__ == "__main__":
    main()
