"""Observations of every kind, turned back into the cell codes that networks read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from boxwarp import _core

Cells = npt.NDArray[np.uint8]

_WALL = 0
# Red, green and blue of each cell code, as rgb observations have them.
COLOURS = np.array(
    [(0, 0, 0), (243, 248, 238), (254, 126, 125), (254, 95, 56), (142, 121, 56), (160, 212, 56), (219, 212, 56)], np.uint8
)
_TARGET, _BOX_ON_TARGET = 2, 3
_PLAYER, _PLAYER_ON_TARGET = 5, 6
# Cell code for each set of wall, target, box, player (bits 0 to 3); 255 for what no board has.
_OF_PLANES4 = np.full(16, 255, np.uint8)
_OF_PLANES4[[0b0001, 0b0000, 0b0010, 0b0110, 0b0100, 0b1000, 0b1010]] = range(7)


def _of_red() -> Cells:
    codes = np.zeros(256, np.uint8)
    for code in (0, 1, 2, 4, 5, 6):
        codes[COLOURS[code, 0]] = code
    return codes


_OF_RED = _of_red()


_SINGLE = {1: "a single board goes in as observations[None]", 2: "a single step goes in as observations[None]"}


def _fail(what: str) -> _core.InputError:
    return _core.InputError(f"observations: {what}")


def _place(wrong: npt.NDArray[np.bool_]) -> str:
    return "(" + ", ".join(str(int(i)) for i in np.argwhere(wrong)[0]) + ")"


def _of_rgb(picture: npt.NDArray[Any]) -> Cells:
    codes: Cells = _OF_RED[picture[..., 0]]
    codes[(codes == _TARGET) & (picture[..., 1] == COLOURS[_BOX_ON_TARGET, 1])] = _BOX_ON_TARGET
    wrong = (COLOURS[codes] != picture).any(-1)
    if wrong.any():
        at = np.argwhere(wrong)[0]
        raise _fail(f"the pixel at {_place(wrong)} is {picture[tuple(at)].tolist()}, which is no cell's colour")
    return codes


def _of_planes(planes: npt.NDArray[Any]) -> Cells:
    wrong = ((planes != 0).sum(-1) != 1) | (planes.max(-1) != 1)
    if wrong.any():
        raise _fail(f"planes at {_place(wrong)} are not one-hot over the seven cell codes")
    codes: Cells = planes.argmax(-1).astype(np.uint8)
    return codes


def _of_planes4(planes: npt.NDArray[Any]) -> Cells:
    bits = (planes != 0).astype(np.uint8) @ np.array([1, 2, 4, 8], np.uint8)
    codes: Cells = _OF_PLANES4[bits]
    if (codes == 255).any():
        raise _fail(f"planes at {_place(codes == 255)} are of no cell: wall, target, box, player, several may be set")
    return codes


def _of_packed(words: npt.NDArray[np.uint64], height: int, width: int, small: bool) -> Cells:
    """words: (..., 4), or (..., 4, H) with one word a row."""
    one = np.uint64(1)
    if small:  # the interior of boards of up to 10x10, whose rim is wall
        shifts = np.arange(64, dtype=np.uint64).reshape(8, 8)
        planes = ((words[..., None, None] >> shifts) & one).astype(np.uint8)
        inside = _of_planes4(np.moveaxis(planes, -3, -1))
        board = np.full((*words.shape[:-1], max(height, 10), max(width, 10)), _WALL, np.uint8)
        board[..., 1:9, 1:9] = inside
        return np.ascontiguousarray(board[..., :height, :width])
    planes = ((words[..., None] >> np.arange(width, dtype=np.uint64)) & one).astype(np.uint8)
    return _of_planes4(np.moveaxis(planes, -3, -1))


def _of_cells(codes: npt.NDArray[Any], hint: str) -> Cells:
    if codes.size and (codes.min() < 0 or codes.max() > _PLAYER_ON_TARGET):
        raise _fail(f"found codes {codes.min()} to {codes.max()}, cell codes are 0 to 6; {hint}")
    players = ((codes == _PLAYER) | (codes == _PLAYER_ON_TARGET)).sum((-2, -1))
    if (players != 1).any():
        raise _fail(
            f"found cells {codes.shape}, of which board {_place(players != 1)} has {players[players != 1][0]} players, takes "
            f"one a board; {hint}"
        )
    return np.ascontiguousarray(codes, dtype=np.uint8)


def _of_either(array: npt.NDArray[Any], axes: list[int], convert: Callable[[npt.NDArray[Any]], Cells]) -> Cells:
    """Channels may lie on each of these axes: what the first gives on which they are of boards."""
    faults = []
    for axis in axes:
        try:
            return convert(np.moveaxis(array, axis, -1))
        except _core.InputError as fault:
            faults.append(fault)
    raise faults[0]


def cells_of(observations: Any, height: int, width: int, leading: int) -> Cells:
    """Cell codes, uint8 (..., H, W), of observations whose first `leading` axes count boards (and steps before them).

    Takes what make_vec hands out, as NumPy arrays or anything that turns into one, for boards of exactly H x W: "cells"
    (..., H, W) with one player a board, "rgb" (..., 3, H, W) or (..., H, W, 3), "planes" with 7 and "planes4" with 4 in place
    of the 3, "packed" (..., 4) or (..., 4, H) of uint64. Where both layouts have one shape, as planes of 7x7 boards do, their
    content tells them apart. Raises InputError that says the shape, or the first place that is of no board.
    """
    if hasattr(observations, "detach"):  # a PyTorch tensor, wherever it lies
        observations = observations.detach().cpu()
    array = np.asarray(observations)
    tail = array.shape[leading:]
    whole = np.issubdtype(array.dtype, np.integer)
    if array.ndim < leading:
        pass
    elif array.dtype == np.uint64 and tail in ((4,), (4, height)):
        return _of_packed(array, height, width, small=tail == (4,))
    elif tail == (height, width) and whole:
        return _of_cells(array, _SINGLE[leading])
    else:
        for channels, convert in ((3, _of_rgb), (7, _of_planes), (4, _of_planes4)):
            if channels == 3 and array.dtype != np.uint8:
                continue
            layouts = {-3: (channels, height, width), -1: (height, width, channels)}
            places = [axis for axis, shape in layouts.items() if tail == shape]
            if places:
                return _of_either(array, places, convert)
    axes = {1: "B", 2: "T, B"}[leading]
    raise _fail(
        f"found {array.dtype} of shape {array.shape}; this network takes, for boards of {height}x{width}, cells "
        f"({axes}, {height}, {width}), uint8 rgb ({axes}, 3, {height}, {width}), planes (7 for 3), planes4 (4 for 3), rgb "
        f"and planes also with channels last, or packed uint64 ({axes}, 4); make_vec(size=({height}, {width})) draws boards "
        f"of that size; {_SINGLE[leading]}"
    )
