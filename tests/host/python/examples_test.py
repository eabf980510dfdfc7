"""Every example in a short form. Those that need more than NumPy and Gymnasium are skipped where that is missing."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

_EXAMPLES = Path(__file__).resolve().parents[3] / "host" / "python" / "examples"
_SHORT = {
    "random_play.py": ([], ["--steps", "20000", "--envs", "256"], "episodes"),
    "gym_sokoban_compatible.py": ([], [], "return"),
    "think_and_plot.py": ([], ["--steps", "3", "--level", "2"], "solved in"),
    "ppo_torch.py": (["torch"], ["--frames", "4096"], "update 1:"),
    "sb3_ppo.py": (["stable_baselines3"], ["--frames", "2048", "--envs", "16"], "solved lately"),
    "jax_loop.py": (["jax"], ["--updates", "50", "--envs", "32"], "update 50:"),
}


def test_every_example_is_run() -> None:
    assert sorted(_SHORT) == sorted(path.name for path in _EXAMPLES.glob("*.py"))
    assert all(len(path.read_text().splitlines()) < 150 for path in _EXAMPLES.glob("*.py"))


def test_the_thinking_agent_is_drawn(tmp_path: Path) -> None:
    if importlib.util.find_spec("matplotlib") is None:
        pytest.skip("needs matplotlib")
    picture = tmp_path / "value.png"
    command = [sys.executable, _EXAMPLES / "think_and_plot.py", "--plot", picture]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", sorted(_SHORT))
def test_example(name: str) -> None:
    needs, arguments, printed = _SHORT[name]
    missing = [package for package in needs if importlib.util.find_spec(package) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    run = subprocess.run([sys.executable, _EXAMPLES / name, *arguments], capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    assert printed in run.stdout, run.stdout
