"""Options of environments as checkers of types, help() and completion see them."""

from __future__ import annotations

import inspect

import boxwarp
from boxwarp import options, vector_env


def test_names_and_types_are_those_that_the_environments_take() -> None:
    spelled_out = inspect.signature(vector_env.SokobanVectorEnv).parameters
    types = {name: hint.__forward_arg__ for name, hint in options.VectorEnvOptions.__annotations__.items()}
    assert types == {name: p.annotation for name, p in spelled_out.items() if name not in ("num_envs", "levels")}
    alone = set(types) - set(options.EnvOptions.__annotations__)
    assert alone == {"autoreset", "final_observation", "double_buffer"}


def test_help_spells_them_out() -> None:
    many, one = inspect.signature(boxwarp.make_vec).parameters, inspect.signature(boxwarp.make).parameters
    assert many["max_steps"].default == one["max_steps"].default == 120 and "autoreset" not in one
    assert list(many) == list(inspect.signature(vector_env.SokobanVectorEnv).parameters)
    assert set(one) == {"levels", *options.EnvOptions.__annotations__}
