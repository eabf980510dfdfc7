"""boxwarp.load_levels: everything that levels can come from."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

import boxwarp


def test_text_paths_names_and_arrays_give_the_same_level(board: str, tmp_path: Path) -> None:
    file = tmp_path / "board.txt"
    file.write_text(board)
    codes = np.array([[0] * 7, [0, 5, 1, 4, 1, 2, 0], [0, 1, 1, 1, 1, 1, 0], [0] * 7])
    sets = [boxwarp.load_levels(source) for source in (board, file, str(file), [file], codes, codes[None])]
    assert all(len(levels) == 1 for levels in sets)
    assert len({levels.fingerprint for levels in sets}) == 1
    assert sets[0].text(0)[1] == "#@ $ .#"


def test_shipped_sets_are_found_by_name() -> None:
    assert len(boxwarp.load_levels("quick_test")) == 1000
    assert "quick" in boxwarp.shipped()["models"]


def test_generated_levels_depend_on_seed_and_number_only() -> None:
    levels = boxwarp.load_levels("generated:size=7x7,boxes=1,count=20,seed=5")
    again = boxwarp.load_levels("generated:size=7x7,boxes=1,count=20,seed=5")
    assert len(levels) == 20 and levels.fingerprint == again.fingerprint


def test_a_set_is_a_sequence_of_boards_and_tells_its_size(board: str) -> None:
    levels = boxwarp.load_levels("quick_test")
    assert repr(levels) == "<boxwarp.Levels: 1000 levels, 7x7 the largest>"
    assert repr(boxwarp.load_levels(board)) == "<boxwarp.Levels: 1 level, 4x7>"
    assert levels[3] == levels.text(3) and levels[-1] == levels.text(999) and list(boxwarp.load_levels(board)) == [
        board.strip().splitlines()
    ]
    assert isinstance(levels, Iterable) and levels[3] in levels
    for number in (1000, -1001):
        with pytest.raises(IndexError):
            levels[number]


def test_a_slice_is_a_set_with_the_same_boards() -> None:
    levels = boxwarp.load_levels("boxoban-like-test")
    part = levels[10:20:3]
    assert [part[i] for i in range(len(part))] == [levels[i] for i in (10, 13, 16, 19)]
    assert [part.origin(i) for i in range(4)] == [levels.origin(i) for i in (10, 13, 16, 19)] and part.files == levels.files
    assert levels[::-1][0] == levels[999] and boxwarp.load_levels(part) is part
    with pytest.raises(boxwarp.InputError, match="without levels"):
        levels[5:5]


def test_levels_are_pickled_and_copied_whole() -> None:
    levels = boxwarp.load_levels(["boxoban-like-test", "quick_test"])
    for twin in (pickle.loads(pickle.dumps(levels)), copy.deepcopy(levels)):
        assert twin.fingerprint == levels.fingerprint and twin.files == levels.files and len(twin) == 2000
        assert twin.origin(1500) == levels.origin(1500) and twin[1500] == levels[1500]


def test_errors_begin_with_their_place(tmp_path: Path) -> None:
    file = tmp_path / "bad.txt"
    file.write_text("#####\n#@$x#\n#####\n")
    with pytest.raises(boxwarp.LevelError, match=r"bad\.txt:2:4: "):
        boxwarp.load_levels(file)
    with pytest.raises(boxwarp.LevelError, match="nowhere"):
        boxwarp.load_levels("nowhere")
    with pytest.raises(boxwarp.LevelError, match="codes 0 to 9"):
        boxwarp.load_levels(np.array([[0, 9]]))
    with pytest.raises(boxwarp.LevelError, match="takes a path"):
        boxwarp.load_levels(7)  # type: ignore[arg-type]


def test_lenient_leaves_bad_levels_out_and_says_so(board: str, capsys: pytest.CaptureFixture[str]) -> None:
    levels = boxwarp.load_levels("#####\n#@$ #\n#####\n\n" + board, lenient=True)
    assert len(levels) == 1
    assert "<text>:" in capsys.readouterr().err
