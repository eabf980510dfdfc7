"""Names under which Gymnasium finds the environment: gymnasium.make and gymnasium.make_vec("boxwarp/Sokoban-v0")."""

from __future__ import annotations

ENV_ID = "boxwarp/Sokoban-v0"


def register() -> None:
    """Registers the environment once; Gymnasium calls this by itself where the package is installed."""
    import gymnasium

    if ENV_ID in gymnasium.registry:
        return
    gymnasium.register(
        id=ENV_ID,
        entry_point="boxwarp.env:SokobanEnv",
        vector_entry_point="boxwarp.vector_env:SokobanVectorEnv",
        disable_env_checker=True,
        order_enforce=False,
    )
