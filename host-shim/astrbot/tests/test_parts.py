"""Settings, access, sessions, audit, masking, and a wheel that is not for this machine."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import types
from pathlib import Path

import pytest
from conftest import STAR
from openclaw import access, masking
from openclaw.audit import Audit
from openclaw.native import require_module, wanted_version
from openclaw.sessions import Sessions
from openclaw.settings import Settings

CHAT = "fakeqq:FriendMessage:10001"


def event(sender: str, group: str = "", *, admin: bool = False) -> types.SimpleNamespace:
    return types.SimpleNamespace(
        get_sender_id=lambda: sender,
        get_group_id=lambda: group,
        is_admin=lambda: admin,
        unified_msg_origin=f"fakeqq:GroupMessage:{group}" if group else f"fakeqq:FriendMessage:{sender}",
    )


def test_the_schemas_defaults_are_settings_without_problems() -> None:
    schema = json.loads((STAR / "_conf_schema.json").read_text("utf-8"))

    def default(entry: dict) -> object:
        if entry["type"] == "object":
            return {key: default(value) for key, value in entry["items"].items()}
        return entry["default"]

    settings = Settings.read({key: default(value) for key, value in schema.items()})
    assert settings.problems == [] and settings.prefixes == ("助手",)
    assert settings.module["heavy_floor_mib"] == 512 and "heavy_words" not in settings.module


def test_every_key_of_the_schema_is_described_in_both_languages() -> None:
    schema = json.loads((STAR / "_conf_schema.json").read_text("utf-8"))
    english = json.loads((STAR / ".astrbot-plugin/i18n/en-US.json").read_text("utf-8"))["config"]
    for key, entry in schema.items():
        assert re.search("[\u4e00-\u9fff]", entry["description"]), key
        assert english[key]["description"].isascii(), key
        for inner, value in entry.get("items", {}).items() if entry["type"] == "object" else ():
            assert re.search("[\u4e00-\u9fff]", value["description"]), inner
            assert english[key][inner]["description"].isascii(), inner


def test_what_goes_to_the_module_are_keys_that_it_has() -> None:
    from astr_openclaw import CONFIG_KEYS

    schema = json.loads((STAR / "_conf_schema.json").read_text("utf-8"))
    inner = [key for group in ("limits", "timeouts") for key in schema[group]["items"]]
    assert set(inner) <= set(CONFIG_KEYS)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"user_level": "L9"}, ("user_level", "'L9'", "L0、L1、L2、L3、L4")),
        ({"streaming": "yes"}, ("streaming", "auto")),
        ({"tool_timeout_seconds": 0}, ("tool_timeout_seconds", "1 到 3600")),
        ({"tool_timeout_seconds": True}, ("tool_timeout_seconds",)),
        ({"tool_levels": {"L8": ["x"]}}, ("tool_levels", "L8")),
        ({"tool_levels": ["x"]}, ("tool_levels",)),
    ],
)
def test_a_wrong_setting_is_a_problem_and_no_exception(config: dict, words: tuple[str, ...]) -> None:
    (problem,) = Settings.read(config).problems
    assert all(word in problem for word in words), problem


def test_a_tool_in_two_lists_needs_the_higher_level() -> None:
    settings = Settings.read({"tool_levels": {"L3": ["shell"], "L1": ["shell", "time"]}})
    assert settings.tool_levels == {"shell": "L3", "time": "L1"}


@pytest.mark.parametrize(
    ("who", "may"),
    [
        (event("1", admin=True), True),
        (event("2"), True),
        (event("3"), False),
        (event("2", "555"), True),
        (event("1", "556", admin=True), False),
        (event("3", "555"), False),
    ],
)
def test_who_may(who: types.SimpleNamespace, may: bool) -> None:
    assert access.may_ask(who, Settings.read({"users": ["2"], "groups": ["555"]})) is may


def test_nobody_but_admins_may_by_default_and_no_group() -> None:
    settings = Settings.read({})
    assert access.may_ask(event("1", admin=True), settings)
    assert not access.may_ask(event("2"), settings)
    assert not access.may_ask(event("1", "555", admin=True), settings)


def test_a_session_stays_over_restarts_and_a_reset_gives_another(tmp_path: Path) -> None:
    path = tmp_path / "data" / "sessions.json"
    first = Sessions(path).current(CHAT)
    assert Sessions(path).current(CHAT) == first != Sessions(path).current("other")
    second = Sessions(path).reset(CHAT)
    assert second != first and Sessions(path).current(CHAT) == second
    assert os.listdir(path.parent) == ["sessions.json"]


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"a": 1}'])
def test_a_damaged_table_is_kept_aside_and_sessions_begin_anew(tmp_path: Path, content: str) -> None:
    path = tmp_path / "sessions.json"
    path.write_text(content)
    assert Sessions(path).current(CHAT).endswith(":0")
    assert (tmp_path / "sessions.broken").read_text() == content


def test_a_reset_that_cannot_be_stored_changes_nothing(tmp_path: Path, monkeypatch) -> None:
    sessions = Sessions(tmp_path / "sessions.json")
    before = sessions.current(CHAT)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError):
        sessions.reset(CHAT)
    assert sessions.current(CHAT) == before and os.listdir(tmp_path) == []


def test_the_audit_log_is_json_lines_and_is_rotated_by_size(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "audit.jsonl", 2000, 2)
    for number in range(100):
        audit.write(door="chat", who="q:1", session=f"s{number}", level="L1", outcome="completed", code=None, seconds=0.1234)
    audit.close()
    files = sorted(os.listdir(tmp_path))
    assert files == ["audit.jsonl", "audit.jsonl.1", "audit.jsonl.2"]
    assert all((tmp_path / name).stat().st_size <= 2000 for name in files)
    last = json.loads((tmp_path / "audit.jsonl").read_text("utf-8").splitlines()[-1])
    assert (last["session"], last["seconds"], last["code"]) == ("s99", 0.123, None)


SECRETS = [
    "sk-abcdefghijklmnop1234567890",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "glpat-abcdefghijklmnop1234",
    "xoxb-1234567890-abcdefghij",
    "AKIAIOSFODNN7EXAMPLE",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\n-----END RSA PRIVATE KEY-----",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_what_looks_like_a_secret_is_masked(secret: str) -> None:
    masked = masking.mask_secrets(f"before {secret} after", ())
    assert masked == "before ＊＊＊ after"


@pytest.mark.parametrize(
    "text",
    ['password="hunter2222"', "token: abcdef123456", "API_KEY=abcdef123456", "Authorization: Bearer abcdef123456"],
)
def test_a_named_value_is_masked_and_its_name_stays(text: str) -> None:
    masked = masking.mask_secrets(text, ())
    assert "＊＊＊" in masked and "hunter2222" not in masked and "abcdef123456" not in masked
    assert masked[:5] == text[:5]


@pytest.mark.parametrize("text", ["一共用了 120 个 token。", "the token is short", "sk-learn", "see https://example.org/a-b", "密码学"])
def test_plain_talk_is_left_alone(text: str) -> None:
    assert masking.mask_secrets(text, ()) == text


def test_the_gateways_token_is_masked_everywhere() -> None:
    assert masking.mask_tokens("it is my-gateway-token!", ("my-gateway-token",)) == "it is ＊＊＊!"


def plugin_dir(tmp_path: Path, wheel: str) -> Path:
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / wheel).touch()
    (tmp_path / "requirements.txt").write_text((STAR / "requirements.txt").read_text("utf-8"))
    return tmp_path


def in_a_python_without_the_module(folder: Path) -> subprocess.CompletedProcess[str]:
    code = f"""
import sys
sys.path.insert(0, {str(STAR)!r})
class Nowhere:
    def find_spec(self, name, path=None, target=None):
        if name == "astr_openclaw":
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Nowhere())
from pathlib import Path
from openclaw.native import require_module
print(require_module(Path({str(folder)!r})))
"""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def test_a_wheel_for_another_platform_is_one_clear_line(tmp_path: Path) -> None:
    pytest.importorskip("packaging")
    done = in_a_python_without_the_module(plugin_dir(tmp_path, "astr_openclaw-0.1.0-cp310-abi3-win_arm64.whl"))
    assert "不适用于本机" in done.stdout and done.stdout.count("\n") == 1, done.stderr


def test_a_wheel_that_fits_is_for_astrbot_to_install(tmp_path: Path) -> None:
    done = in_a_python_without_the_module(plugin_dir(tmp_path, "astr_openclaw-0.1.0-py3-none-any.whl"))
    assert done.returncode != 0 and "ModuleNotFoundError" in done.stderr


def test_a_module_of_another_version_asks_for_a_restart_or_an_install(tmp_path: Path, monkeypatch) -> None:
    folder = plugin_dir(tmp_path, "astr_openclaw-0.1.0-py3-none-any.whl")
    assert wanted_version(folder) == "0.1.0" and require_module(folder) is None
    monkeypatch.setattr("astr_openclaw.__version__", "0.0.9")
    assert "重启" in str(require_module(folder))
    (folder / "requirements.txt").write_text("astr-openclaw==9.9.9\n")
    assert "pip install" in str(require_module(folder))
