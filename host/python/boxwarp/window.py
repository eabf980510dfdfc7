"""A window for render_mode="human"."""

from __future__ import annotations

import importlib.util
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from boxwarp import _core

_MOST_BOARDS = 16


def render_modes() -> list[str]:
    """What render_mode can be here: a window needs pygame."""
    return ["rgb_array", "human"] if importlib.util.find_spec("pygame") else ["rgb_array"]


class Window:
    """Shows the first boards side by side. Needs pygame."""

    def __init__(self) -> None:
        try:
            import pygame
        except ImportError as error:
            raise _core.InputError("render_mode 'human': needs pygame; install it with: pip install pygame") from error
        self._pygame: Any = pygame
        self._screen: Any = None

    def show(self, pictures: npt.NDArray[np.uint8], frames_per_second: int) -> None:
        """pictures: uint8 (N, height, width, 3)."""
        pygame = self._pygame
        boards = pictures[:_MOST_BOARDS]
        columns = math.ceil(math.sqrt(len(boards)))
        rows = math.ceil(len(boards) / columns)
        height, width = boards.shape[1:3]
        canvas = np.zeros((rows * height, columns * width, 3), dtype=np.uint8)
        for i, board in enumerate(boards):
            y, x = i // columns * height, i % columns * width
            canvas[y : y + height, x : x + width] = board
        if self._screen is None:
            pygame.init()
            self._screen = pygame.display.set_mode((canvas.shape[1], canvas.shape[0]))
            pygame.display.set_caption("boxwarp")
            self._clock = pygame.time.Clock()
        pygame.event.pump()
        self._screen.blit(pygame.surfarray.make_surface(canvas.swapaxes(0, 1)), (0, 0))
        pygame.display.flip()
        self._clock.tick(frames_per_second)

    def close(self) -> None:
        self._pygame.display.quit()
        self._screen = None
