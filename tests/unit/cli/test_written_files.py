"""Writing files: whole or not at all, through links, and never in the place of a device or a pipe."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from lakehouse_iam.cli.files import write_all
from lakehouse_iam.errors import InvalidValue


def test_a_pipe_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    write_all({pipe: "text"})
    reader.join(timeout=10)
    assert (read, pipe.is_fifo(), list(tmp_path.iterdir())) == (["text"], True, [pipe])


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="this system has no /dev/full")
def test_a_full_device_is_the_disk_s_fault_and_stays_a_device() -> None:
    with pytest.raises(OSError, match="No space left on device"):
        write_all({Path("/dev/full"): "text"})
    assert Path("/dev/full").is_char_device()


def test_what_a_link_names_is_written_and_the_link_stays(tmp_path: Path) -> None:
    link = tmp_path / "link.html"
    (tmp_path / "below").mkdir()
    link.symlink_to("below/page.html")
    write_all({link: "one"})
    write_all({link: "two"})
    assert link.is_symlink()
    assert (tmp_path / "below" / "page.html").read_text(encoding="utf-8") == "two"


def test_nothing_is_written_through_a_link_that_stands_where_the_new_file_is_staged(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("kept", encoding="utf-8")
    (tmp_path / f".page.html.{os.getpid()}.new").symlink_to(victim)
    write_all({tmp_path / "page.html": "page"})
    assert victim.read_text(encoding="utf-8") == "kept"
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == "page"


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="Is a directory"):
        write_all({tmp_path: "text"})
