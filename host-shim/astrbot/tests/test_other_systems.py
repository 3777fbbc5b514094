"""What Windows and macOS do differently, as far as it can be shown elsewhere."""

from __future__ import annotations

import asyncio
import json
import mimetypes
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import fake_astrbot
import pytest
from astr_openclaw import File as Sent
from openclaw import atomic_file, attachments, outgoing_files, scheduler, wheel_check
from timer_rig import Rig, rig

__all__ = ["rig"]


# As on Windows without the package tzdata.
def test_without_data_about_time_zones_those_that_never_change_are_known(rig: Rig, monkeypatch, caplog: Any) -> None:
    def unknown(name: str) -> Any:
        raise ZoneInfoNotFoundError(name)

    monkeypatch.setattr(scheduler, "ZoneInfo", unknown)
    zone = rig.timers.scheduler.zone()
    assert (zone.utcoffset(None), str(zone)) == (timedelta(hours=8), "Asia/Shanghai") and not caplog.records
    rig.astrbot["timezone"] = "Europe/Berlin"
    assert rig.timers.scheduler.zone() is timezone.utc and "Europe/Berlin" in caplog.text


def test_what_is_known_without_data_is_right_all_year() -> None:
    for name, hours in scheduler._WITHOUT_DATA.items():
        for month in range(1, 13):
            assert datetime(2026, month, 15, tzinfo=ZoneInfo(name)).utcoffset() == timedelta(hours=hours), name


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("file:///C:\\Users\\张三\\a.png", "C:\\Users\\张三\\a.png"),
        ("file:///d:/a b.png", "d:/a b.png"),
        ("file:////E:/a.png", "E:/a.png"),
        ("C:\\a.png", "C:\\a.png"),
        ("file://server/share/a.png", "server/share/a.png"),
        ("file:///tmp/a.png", "/tmp/a.png"),
    ],
)
def test_a_file_url_with_a_drive_is_a_path_of_windows(monkeypatch, url: str, path: str) -> None:
    monkeypatch.setattr(attachments, "_HAS_DRIVES", True)
    assert attachments._of_url(url).file == path
    # Elsewhere it could be a folder's name.
    monkeypatch.setattr(attachments, "_HAS_DRIVES", False)
    assert attachments._of_url(url).file == url.removeprefix("file://")


# In the registry of Windows with Excel; other programs claim other endings.
def test_the_machine_does_not_change_the_type_of_a_file(tmp_path: Path, monkeypatch) -> None:
    for ending in (".csv", ".md", ".json", ".txt", ".html", ".pdf"):
        monkeypatch.setitem(mimetypes.types_map, ending, "application/vnd.ms-excel")
    for name, media_type in (
        ("表.csv", "text/csv"),
        ("a.md", "text/markdown"),
        ("a.json", "application/json"),
        ("a.TXT", "text/plain"),
        ("a.html", "text/html"),
        ("a.pdf", "application/pdf"),
        ("a.log", "text/plain"),
    ):
        # As AstrBot downloads it.
        path = tmp_path / "fileseg_0123"
        path.write_text("1,2\n", "utf-8")
        part = fake_astrbot.File(name, str(path))
        part.get_file = lambda path=path: asyncio.sleep(0, str(path))
        found = asyncio.run(attachments._attachment(part, 1000))
        assert (found.media_type, found.filename) == (media_type, name)


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("报告.pdf", "报告.pdf"),
        ("CON.txt", "_CON.txt"),
        ("nul", "_nul"),
        ("Com1 .csv", "_Com1 .csv"),
        ("LPT³.md", "_LPT³.md"),
        ("conin$.txt", "_conin$.txt"),
        ("console.txt", "console.txt"),
        ("a.con", "a.con"),
        ("com10.txt", "com10.txt"),
        ('a: <b>|?*".txt', "a_ _b_____.txt"),
        ("C:\\a.txt", "C__a.txt"),
        ("a.txt. . ", "a.txt"),
        ("...", "file"),
        (" ", "file"),
    ],
)
def test_a_name_can_be_saved_on_every_system(name: str, sent: str) -> None:
    assert outgoing_files._named(Sent(name, "text/plain", b"1")) == sent


def test_files_from_editors_of_windows_are_read(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes("\ufeff# 说明\r\nastr-openclaw == 1.2.3 ; sys_platform\r\n".encode())
    assert wheel_check.wanted_version(tmp_path) == "1.2.3"
    (tmp_path / "a.json").write_bytes(b"\xef\xbb\xbf" + json.dumps({"a": "b\r\n"}).encode().replace(b" ", b"\r\n"))
    assert atomic_file.read_json(tmp_path / "a.json") == {"a": "b\r\n"}
