"""Durable is one function: the old file or the new one, whole, and never overwritten by accident."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from agent.keys import durable


def test_the_new_file_takes_the_old_ones_place_whole(tmp_path: Path) -> None:
    path = tmp_path / "roll.json"
    durable.write(path, b"old")
    durable.write(path, b"new and longer")
    assert path.read_bytes() == b"new and longer"
    assert [p.name for p in tmp_path.iterdir()] == ["roll.json"]


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "signing.key"
    durable.write_new(path, b"first")
    with pytest.raises(FileExistsError):
        durable.write_new(path, b"second")
    assert path.read_bytes() == b"first"
    assert [p.name for p in tmp_path.iterdir()] == ["signing.key"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_mode_is_as_asked_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        durable.write(tmp_path / "secret", b"x", mode=0o600)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_a_write_that_fails_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inside").write_bytes(b"x")
    with pytest.raises(OSError):
        durable.write(tmp_path / "folder", b"cannot take a folder's place")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder"]
    assert (tmp_path / "folder" / "inside").read_bytes() == b"x"


@pytest.mark.skipif(os.name == "nt", reason="POSIX links")
def test_a_link_left_at_the_target_is_replaced_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (tmp_path / "roll.json").symlink_to(victim)
    durable.write(tmp_path / "roll.json", b"new")
    assert victim.read_bytes() == b"precious"
    with pytest.raises(FileExistsError):
        durable.write_new(tmp_path / "roll.json", b"newer")
