"""Levels from whatever a caller has: paths, names of shipped sets, text, arrays of cell codes, a generator."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

from boxwarp import _core

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    LevelSource = Union[str, os.PathLike[str], Sequence[Union[str, os.PathLike[str]]], npt.NDArray[np.integer[Any]], _core.Levels]

_HERE = Path(__file__).parent
_ENDINGS = {"levels": (".boxwarp", ".txt"), "models": (".safetensors",)}


def shipped() -> dict[str, dict[str, str]]:
    """What comes with the package: {"levels": {name: path}, "models": {name: path}}."""
    sets = {
        path.stem: str(path)
        for path in sorted((_HERE / "levels").glob("*"))
        if path.suffix in _ENDINGS["levels"]
    }
    models = {path.parent.name: str(path) for path in sorted((_HERE / "models").glob("*/model.safetensors"))}
    return {"levels": sets, "models": models}


def path_of(name: str | os.PathLike[str]) -> str:
    """The file of a shipped set that is given by its name, or the path as it is."""
    text = os.fspath(name)
    if os.path.exists(text) or text.startswith("generated:"):
        return text
    return shipped()["levels"].get(text, text)


def _is_text(text: str) -> bool:
    return "\n" in text and "#" in text


def load_levels(levels: LevelSource, *, lenient: bool = False) -> _core.Levels:
    """Reads levels into memory.

    levels: a path (a file in any known format, a folder, a pattern such as "sets/*.sok"), the name of a shipped set
        ("quick_test"), "generated:size=10x10,boxes=4,count=1000,seed=3", a list of these; the text of levels itself (lines
        over "#@+$*. "); an integer array of cell codes (0 wall, 1 floor, 2 target, 3 box on target, 4 box, 5 player,
        6 player on target) of shape (H, W) or (L, H, W); or what this function gave before.
    lenient: leave bad levels out and tell on stderr instead of stopping at the first.

    Raises LevelError, whose message begins with path:line:column.
    """
    if isinstance(levels, _core.Levels):
        return levels
    if isinstance(levels, str) and _is_text(levels):
        bank, left_out = _core.levels_from_text(levels, lenient)
    elif isinstance(levels, (str, os.PathLike)):
        bank, left_out = _core.levels_from_paths([path_of(levels)], lenient)
    elif hasattr(levels, "__array__"):
        import numpy as np

        codes = np.asarray(levels)
        if not np.issubdtype(codes.dtype, np.integer):
            raise _core.LevelError(f"levels: found an array of {codes.dtype}, takes integer cell codes")
        if codes.size and (codes.min() < 0 or codes.max() > 6):
            raise _core.LevelError(f"levels: found codes {codes.min()} to {codes.max()}, cell codes are 0 to 6")
        return _core.levels_from_codes(np.ascontiguousarray(codes, dtype=np.uint8))
    elif isinstance(levels, Sequence) and levels and all(isinstance(path, (str, os.PathLike)) for path in levels):
        bank, left_out = _core.levels_from_paths([path_of(path) for path in levels], lenient)
    else:
        raise _core.LevelError(
            f"levels: found {type(levels).__name__}, takes a path, a list of paths, text, or an array of cell codes"
        )
    for line in left_out:
        print(f"boxwarp: {line}", file=sys.stderr)
    return bank
