"""The files that the Star keeps, as crashes, disks and strangers leave them: reports P14, P15 (attack)."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import STAR
from openclaw import atomic_file
from openclaw import audit as audit_module
from openclaw.audit import Audit
from openclaw.guard_state import GuardState
from openclaw.sessions import Sessions

DEEP = "[" * 200_000 + "]" * 200_000


@pytest.mark.parametrize(
    "content", [DEEP, '{"a":' * 100_000, "\xff\xfe", '{"a": ' + "1" * 10_000 + "}", "x" * (9 << 20)]
)
def test_a_file_that_is_nested_or_large_without_end_is_put_aside(tmp_path: Path, content: str) -> None:
    for name in ("sessions", "guards"):
        (tmp_path / f"{name}.json").write_bytes(content.encode("latin-1"))
    assert Sessions(tmp_path / "sessions.json").current("chat")
    assert GuardState(tmp_path / "guards.json").snapshot is None
    assert (tmp_path / "sessions.broken").exists() and (tmp_path / "guards.broken").exists()


def test_a_pipe_or_a_folder_in_a_files_place_does_not_halt_the_start(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "sessions.json")
    (tmp_path / "guards.json").mkdir()
    sessions = Sessions(tmp_path / "sessions.json")
    assert GuardState(tmp_path / "guards.json").snapshot is None
    sessions.reset("chat")
    assert Sessions(tmp_path / "sessions.json").current("chat") == sessions.current("chat")


@pytest.mark.parametrize(
    "faults",
    [
        [5],
        [{"time": "x", "code": "a", "cause": "b", "remedy": "c"}],
        [{"time": 1, "code": 2, "cause": "b", "remedy": "c"}],
        {},
    ],
)
def test_faults_of_a_wrong_type_are_put_aside(tmp_path: Path, faults: object) -> None:
    (tmp_path / "guards.json").write_text(json.dumps({"snapshot": "AA==", "last_faults": faults}))
    assert GuardState(tmp_path / "guards.json").last_faults == []


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    program = f"""
import os, signal, sys
sys.path[:0] = [{str(STAR)!r}, {str(Path(__file__).parent)!r}]
import conftest
from pathlib import Path
from openclaw import atomic_file
os.replace = os.fsync = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
atomic_file.write_json(Path(sys.argv[1]), {{"chat": "1"}})
"""
    path = tmp_path / "sessions.json"
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True)
        assert done.returncode == -signal.SIGKILL, done.stderr
    assert len(os.listdir(tmp_path)) == 1
    (tmp_path / ".other.part").touch()
    Sessions(path)
    assert os.listdir(tmp_path) == [".other.part"]


# Issue 15.
def test_a_state_that_is_cut_off_or_damaged_anywhere_costs_the_state_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "guards.json"
    fault = {"time": 1.5, "code": "busy", "cause": "b", "remedy": "c"}
    GuardState(path).keep(b"a snapshot", [fault], [[1.5, 700]])
    whole = path.read_bytes()
    for length in range(len(whole) - 1):
        path.write_bytes(whole[:length])
        assert GuardState(path).snapshot is None
    kept = 0
    for place in range(len(whole)):
        for bit in range(8):
            damaged = bytearray(whole)
            damaged[place] ^= 1 << bit
            path.write_bytes(damaged)
            kept += GuardState(path).snapshot is not None
    # Only what is still such a file; the component judges the snapshot itself.
    assert kept < 8 * len(whole) * 2 / 3
    sessions = tmp_path / "sessions.json"
    Sessions(sessions).reset("chat")
    whole = sessions.read_bytes()
    for length in range(len(whole)):
        sessions.write_bytes(whole[:length])
        assert Sessions(sessions).current("chat")


# Issue 15: a full disk, as far as the files are concerned.
def test_on_a_full_disk_the_old_state_stays_and_nothing_is_left_behind(tmp_path: Path) -> None:
    program = f"""
import resource, sys
sys.path[:0] = [{str(STAR)!r}, {str(Path(__file__).parent)!r}]
import conftest
from pathlib import Path
from openclaw import atomic_file
from openclaw.audit import Audit
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
folder = Path(sys.argv[1])
try:
    atomic_file.write_json(folder / "state.json", {{"chat": "x" * 1000}})
except OSError as error:
    print(type(error).__name__)
audit = Audit(folder / "audit.jsonl", 1 << 20, 1)
for _ in range(5):
    audit.write(door="chat", who="qq:1", session="s", level="L1", outcome="completed", code=None, seconds=0)
audit.close()
print("goes on")
"""
    atomic_file.write_json(tmp_path / "state.json", {"chat": "old"})
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True)
    assert done.stdout.splitlines()[-2:] == ["OSError", "goes on"], done
    assert atomic_file.read_json(tmp_path / "state.json") == {"chat": "old"}
    assert sorted(os.listdir(tmp_path)) == ["audit.jsonl", "state.json"]


def put(what: str, path: Path, victim: Path) -> None:
    """What another user may have put in a file's place."""
    if what == "file":
        path.write_text("[]")
        path.chmod(0o666)
    elif what == "link":
        path.symlink_to(victim)
    elif what == "dangling link":
        path.symlink_to(victim.with_name("nowhere"))
    elif what == "hard link":
        os.link(victim, path)
    elif what == "pipe":
        os.mkfifo(path)


# Issue 15: files are for this user alone, and never written through what stands in their place.
@pytest.mark.parametrize("what", ["nothing", "file", "link", "dangling link", "hard link", "pipe"])
@pytest.mark.parametrize("writer", ["state", "audit", "rotated"])
def test_what_is_written_never_goes_through_what_stands_in_its_place(tmp_path: Path, what: str, writer: str) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    victim = tmp_path / "victim"
    victim.write_text("theirs")
    victim.chmod(0o640)
    path = folder / ("audit.jsonl" if writer != "state" else "state.json")
    put(what, path.with_name("audit.jsonl.1") if writer == "rotated" else path, victim)
    if writer == "state":
        atomic_file.write_json(path, {"a": 1})
    else:
        audit = Audit(path, 300 if writer == "rotated" else 1 << 20, 1)
        for _ in range(9):
            line(audit, "qq:1", "completed")
        audit.close()
    written = path.lstat()
    assert stat.S_ISREG(written.st_mode) and written.st_nlink == 1
    # Also where others could read an older file.
    assert written.st_mode & 0o777 == 0o600
    assert victim.read_text() == "theirs" and victim.stat().st_mode & 0o777 == 0o640
    assert not (tmp_path / "nowhere").exists()


# Report F1: half a surrogate pair (Aider-AI/aider#3693).
def test_names_with_half_a_surrogate_pair_can_be_kept(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path / "sessions.json")
    sessions.reset("chat\ud83d")
    assert "chat\ufffd" in json.loads((tmp_path / "sessions.json").read_text("utf-8"))
    atomic_file.write_json(tmp_path / "a.json", {"a": ["\ude00"]})
    assert atomic_file.read_json(tmp_path / "a.json") == {"a": ["\ufffd"]}
    audit = Audit(tmp_path / "audit.jsonl", 2000, 2)
    line(audit, "who\ud83d\x1b[0m\u202e", "completed")
    audit.close()
    assert lines(tmp_path)[0]["who"] == "who\ufffd"


def line(audit: Audit, who: str, outcome: str, code: str | None = None) -> None:
    audit.write(door="chat", who=who, session=f"of {who}", level="L1", outcome=outcome, code=code, seconds=0)


def lines(folder: Path) -> list[dict]:
    found = []
    for path in sorted(folder.glob("audit.jsonl*"), reverse=True):
        found += [json.loads(text) for text in path.read_text("utf-8").splitlines()]
    return found


@pytest.mark.parametrize("strangers", [1, 3, 30_000])
def test_strangers_do_not_rotate_the_evidence_away(tmp_path: Path, strangers: int) -> None:
    audit = Audit(tmp_path / "audit.jsonl", 16 << 10, 1)
    line(audit, "qq:1", "completed")
    for number in range(30_000):
        line(audit, f"tg:{number % strangers}", "denied")
    line(audit, "qq:2", "fault", "auth_failed")
    audit.close()
    found = lines(tmp_path)
    assert found[0]["who"] == "qq:1" and "qq:2" in [each["who"] for each in found] and len(found) < 60
    denied = [each for each in found if each["outcome"] == "denied"]
    assert sum(each.get("more", 1) for each in denied) == 30_000


@pytest.mark.parametrize(
    ("outcome", "code"),
    [("refused", None), ("fault", "busy"), ("fault", "circuit_open"), ("approval_refused", "not_permitted")],
)
def test_neither_does_who_may_ask_with_what_costs_nothing(tmp_path: Path, outcome: str, code: str | None) -> None:
    audit = Audit(tmp_path / "audit.jsonl", 16 << 10, 1)
    for _ in range(1000):
        line(audit, "qq:1", outcome, code)
    audit.close()
    assert [each.get("more") for each in lines(tmp_path)] == [None, 999]


def test_every_task_has_its_line(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "audit.jsonl", 1 << 20, 1)
    for _ in range(100):
        line(audit, "qq:1", "completed")
        line(audit, "qq:1", "fault", "timed_out")
    audit.close()
    assert len(lines(tmp_path)) == 200


@pytest.mark.parametrize("torn", [b'{"time": "2026-11-27T10:00:00+0800", "who": "qq:1"', b"\xe5\x8a", b"\0" * 4096])
def test_a_line_that_a_kill_cut_off_costs_no_other(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b'{"who": "qq:0"}\n' + torn)
    audit = Audit(path, 1 << 20, 1)
    line(audit, "qq:2", "completed")
    line(audit, "qq:3", "completed")
    audit.close()
    first, cut, *rest = path.read_bytes().splitlines()
    assert (json.loads(first)["who"], cut) == ("qq:0", torn)
    assert [json.loads(text)["who"] for text in rest] == ["qq:2", "qq:3"]


def test_counts_are_written_when_the_hour_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(audit_module.time, "monotonic", lambda: now)
    audit = Audit(tmp_path / "audit.jsonl", 1 << 20, 1)
    for _ in range(3):
        line(audit, "tg:1", "denied")
    now = 3600.0
    line(audit, "tg:1", "denied")
    assert [(each["outcome"], each.get("more")) for each in lines(tmp_path)] == [
        ("denied", None),
        ("denied", 2),
        ("denied", None),
    ]
    audit.close()
    assert len(lines(tmp_path)) == 3


def test_a_file_that_is_open_on_windows_is_replaced_a_moment_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.json"
    atomic_file.write_json(path, 1)
    in_use = 2
    really = os.replace

    def replace(source: Path, target: Path) -> None:
        nonlocal in_use
        in_use -= 1
        if in_use >= 0:
            raise PermissionError(13, "The process cannot access the file because it is being used by another process")
        really(source, target)

    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(atomic_file, "_PAUSES", (0, 0, 0))
    atomic_file.write_json(path, 2)
    assert atomic_file.read_json(path) == 2
    in_use = 99
    with pytest.raises(PermissionError):
        atomic_file.write_json(path, 3)
    assert atomic_file.read_json(path) == 2 and os.listdir(tmp_path) == ["kept.json"]


def test_a_log_that_cannot_be_renamed_goes_on_and_not_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "audit.jsonl"
    audit = Audit(path, 1000, 1)

    def line(number: int) -> None:
        audit.write(
            door="command", who="u", session=f"s{number}", level="L1", outcome="completed", code=None, seconds=0
        )

    def refuse(*_: object) -> None:
        raise PermissionError(13, "in use")

    monkeypatch.setattr(audit._file, "rotate", refuse)
    for number in range(20):
        line(number)
    lines = path.read_text().splitlines()
    assert [json.loads(each)["session"] for each in lines] == [f"s{number}" for number in range(20)]
    for number in range(20, 200):
        line(number)
    assert path.stat().st_size < 5000
    monkeypatch.undo()
    line(200)
    assert json.loads(path.read_text())["session"] == "s200" and (tmp_path / "audit.jsonl.1").exists()
    audit.close()


def test_a_log_that_cannot_be_renamed_loses_no_older_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "audit.jsonl"
    for number in (1, 2):
        (tmp_path / f"audit.jsonl.{number}").write_text(f"old {number}")
    audit = Audit(path, 1000, 3)
    really = audit._file.rotate

    def refuse(source: str, target: str) -> None:
        if source == str(path):
            raise PermissionError(13, "in use")
        really(source, target)

    monkeypatch.setattr(audit._file, "rotate", refuse)
    for number in range(20):
        audit.write(
            door="command", who="u", session=f"s{number}", level="L1", outcome="completed", code=None, seconds=0
        )
    audit.close()
    kept = [file.read_text() for file in tmp_path.glob("audit.jsonl.*")]
    assert sorted(kept) == ["old 1", "old 2"] and path.read_text().count("\n") == 20
