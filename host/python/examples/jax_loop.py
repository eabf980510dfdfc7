"""A loop in JAX, whose arrays the environments hand out: value learning of random play. python jax_loop.py --updates 200"""

from __future__ import annotations

import argparse

import jax
import jax.numpy as jnp
import numpy as np

import boxwarp


def init(key: jax.Array, inputs: int, hidden: int = 64) -> dict[str, jax.Array]:
    one, two = jax.random.split(key)
    return {
        "w1": jax.random.normal(one, (inputs, hidden)) / np.sqrt(inputs),
        "b1": jnp.zeros(hidden),
        "w2": jax.random.normal(two, (hidden,)) / np.sqrt(hidden),
        "b2": jnp.zeros(()),
    }


def value(weights: dict[str, jax.Array], observation: jax.Array) -> jax.Array:
    flat = observation.reshape(observation.shape[0], -1).astype(jnp.float32)
    return jnp.maximum(flat @ weights["w1"] + weights["b1"], 0) @ weights["w2"] + weights["b2"]


@jax.jit
def improve(
    weights: dict[str, jax.Array], seen: jax.Array, following: jax.Array, reward: jax.Array, going_on: jax.Array
) -> tuple[dict[str, jax.Array], jax.Array]:
    """One step of temporal-difference learning; the mean squared error before it."""
    target = reward + 0.97 * going_on * jax.lax.stop_gradient(value(weights, following))
    error, gradient = jax.value_and_grad(lambda w: jnp.mean((value(w, seen) - target) ** 2))(weights)
    return jax.tree.map(lambda w, g: w - 0.01 * g, weights, gradient), error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--levels", default="quick_train")
    parser.add_argument("--envs", type=int, default=256)
    parser.add_argument("--updates", type=int, default=200)
    args = parser.parse_args()
    envs = boxwarp.make_vec(args.envs, levels=args.levels, device="cpu", observation="planes4", output="jax")
    seen, _ = envs.reset()
    weights = init(jax.random.key(0), int(np.prod(seen.shape[1:])))
    for update in range(1, args.updates + 1):
        following, rewards, terminated, truncated, _ = envs.step(envs.random_actions())
        weights, error = improve(weights, seen, following, rewards, 1.0 - (terminated | truncated))
        seen = following
        if update % 50 == 0 or update == args.updates:
            print(f"update {update}: squared error {float(error):.4f}")


if __name__ == "__main__":
    main()
