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
from openclaw.guard_state import GuardState
from openclaw.sessions import Sessions
from openclaw.settings import Settings
from openclaw.wheel_check import require_module, wanted_version

CHAT = "fakeqq:FriendMessage:10001"


def event(sender: str, group: str = "", *, admin: bool = False) -> types.SimpleNamespace:
    return types.SimpleNamespace(
        get_sender_id=lambda: sender,
        get_group_id=lambda: group,
        get_platform_id=lambda: "fakeqq",
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
    assert settings.problems == [] and settings.prefix == ("助手",)
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
        ({"tool_levels": {"L1": 5}}, ("tool_levels.L1", "列表")),
        ({"tool_approvals": {"root": ["x"]}}, ("tool_approvals", "none、asker、admin")),
        ({"tool_approvals": {"admin": 5}}, ("tool_approvals.admin", "列表")),
        ({"level_approvals": {"L4": "nobody"}}, ("level_approvals.L4", "'nobody'", "none、asker、admin")),
        ({"level_approvals": {"L5": "admin"}}, ("level_approvals", "L5")),
        ({"level_approvals": ["admin"]}, ("level_approvals",)),
        ({"send_context": "no"}, ("send_context", "true")),
        ({"users": {"10001": True}}, ("users", "列表")),
        ({"groups": 555}, ("groups", "555")),
        ({"mask_secrets": "false"}, ("mask_secrets", "true")),
        ({"audit_files": float("nan")}, ("audit_files",)),
        ({"locale": "de"}, ("locale", "'de'", "zh、en")),
        ({"locale": "en", "user_level": "L9"}, ("user_level: 'L9' is not allowed; use one of L0, L1",)),
    ],
)
def test_a_wrong_setting_is_a_problem_and_no_exception(config: dict, words: tuple[str, ...]) -> None:
    (problem,) = Settings.read(config).problems
    assert all(word in problem for word in words), problem


@pytest.mark.parametrize(
    "value", [None, "", [], 5, 1.5, True, "x" * 500, {"a": 1}, ["", None], [[1]], {"L1": {"x": 1}}]
)
def test_no_setting_makes_reading_fail_and_no_problem_is_endless(value: object) -> None:
    for key in json.loads((STAR / "_conf_schema.json").read_text("utf-8")):
        settings = Settings.read({key: value})
        assert all(len(problem) < 300 for problem in settings.problems)
        assert settings.prefix and all(settings.prefix)


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("助手 第一行\n  第二行\n\n第四行 ", "第一行\n  第二行\n\n第四行"),
        (" 助手\n你好", "你好"),
        ("助手\u3000你好", "你好"),
        ("助手", ""),
        ("claw hi", "hi"),
        ("助手你好", None),
        ("你好 助手", None),
        ("", None),
    ],
)
def test_a_task_is_what_follows_the_prefix_with_its_new_lines(text: str, task: str | None) -> None:
    assert Settings.read({"prefix": ["助手", "claw"]}).task_of(text) == task


def test_a_prefix_may_be_written_with_astrbots_slash() -> None:
    assert Settings.read({"prefix": ["/助手", "claw", "/", " "]}).prefix == ("助手", "claw")
    assert Settings.read({"prefix": []}).prefix == ("助手",)


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
    sessions = Sessions(path)
    # Not the session that a reset has left; and it stays.
    assert not sessions.current(CHAT).endswith(":0")
    assert Sessions(path).current(CHAT) == sessions.current(CHAT)
    assert (tmp_path / "sessions.broken").read_text() == content


def test_the_guards_state_and_the_last_faults_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "data" / "guards.json"
    assert GuardState(path).snapshot is None
    fault = {"time": 1.5, "code": "auth_failed", "cause": "令牌", "remedy": "…"}
    GuardState(path).keep(b"\x00state\xff", [fault], [])
    assert (GuardState(path).snapshot, GuardState(path).last_faults) == (b"\x00state\xff", [fault])
    assert os.listdir(path.parent) == ["guards.json"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"snapshot": 5, "last_faults": []}',
        '{"snapshot": "?", "last_faults": []}',
        '{"snapshot": "AA==", "last_faults": [{}]}',
    ],
)
def test_a_damaged_state_of_the_guards_is_put_aside(tmp_path: Path, content: str) -> None:
    (tmp_path / "guards.json").write_text(content)
    guards = GuardState(tmp_path / "guards.json")
    assert (guards.snapshot, guards.last_faults) == (None, [])
    assert os.listdir(tmp_path) == ["guards.broken"]


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
        audit.write(
            door="chat", who="q:1", session=f"s{number}", level="L1", outcome="completed", code=None, seconds=0.1234
        )
    audit.close()
    files = sorted(os.listdir(tmp_path))
    assert files == ["audit.jsonl", "audit.jsonl.1", "audit.jsonl.2"]
    assert all((tmp_path / name).stat().st_size <= 2000 for name in files)
    last = json.loads((tmp_path / "audit.jsonl").read_text("utf-8").splitlines()[-1])
    assert (last["session"], last["seconds"], last["code"]) == ("s99", 0.123, None)


def line(audit: Audit, session: str) -> None:
    audit.write(door="chat", who="q:1", session=session, level="L1", outcome="completed", code=None, seconds=0)


def test_an_audit_log_that_cannot_be_written_is_told_once_and_halts_nothing(tmp_path: Path, caplog, capfd) -> None:
    path = tmp_path / "audit.jsonl"
    path.mkdir()
    path.with_suffix(".broken").touch()  # So that the folder cannot be put aside.
    audit = Audit(path, 2000, 2)
    for _ in range(3):
        line(audit, "s")
    assert [("audit.jsonl" in m, "无法写入" in m) for m in caplog.messages] == [(True, True)]
    assert "Traceback" not in capfd.readouterr().err
    path.rmdir()
    line(audit, "later")
    audit.close()
    assert json.loads(path.read_text("utf-8"))["session"] == "later"


def test_a_turn_that_ends_with_the_plugin_is_audited_and_leaves_no_file_open(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "audit.jsonl", 2000, 2)
    line(audit, "first")
    audit.close()
    before = os.listdir("/proc/self/fd")
    line(audit, "last")
    assert os.listdir("/proc/self/fd") == before
    assert len((tmp_path / "audit.jsonl").read_text("utf-8").splitlines()) == 2


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


@pytest.mark.parametrize(
    "text", ["一共用了 120 个 token。", "the token is short", "sk-learn", "see https://example.org/a-b", "密码学"]
)
def test_plain_talk_is_left_alone(text: str) -> None:
    assert masking.mask_secrets(text, ()) == text


def test_the_gateways_token_is_masked_everywhere() -> None:
    assert masking.mask_tokens("it is my-gateway-token!", ("my-gateway-token",)) == "it is ＊＊＊!"


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_token_that_comes_in_pieces_is_masked_too(cut: int) -> None:
    text = "it is my-gateway-token, my-gate and my-gateway-token"
    stream = masking.TokenStream(("my-gateway-token", "short"))
    pieces = [stream.feed(text[at : at + cut]) for at in range(0, len(text), cut)] + [stream.rest()]
    assert "".join(pieces) == "it is ＊＊＊, my-gate and ＊＊＊"
    assert stream.rest() == ""


def test_nothing_is_held_back_that_no_token_begins_with() -> None:
    stream = masking.TokenStream(("my-gateway-token",))
    assert [stream.feed(piece) for piece in ("am", "y", "-", "x", "")] == ["a", "", "", "my-x", ""]
    assert masking.TokenStream(()).feed("anything") == "anything"


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
from openclaw.wheel_check import require_module
print(require_module(Path({str(folder)!r})).text("zh"))
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
    missing = require_module(folder)
    assert missing is not None and "重启" in missing.text("zh") and "Restart" in missing.text("en")
    (folder / "requirements.txt").write_text("astr-openclaw==9.9.9\n")
    missing = require_module(folder)
    assert missing is not None and "pip install" in missing.text("zh")


def test_every_sentence_is_there_in_both_languages_with_the_same_values() -> None:
    from string import Formatter

    from openclaw import catalogue

    def values(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert sum(len(file.TEXTS) for file in catalogue._FILES) == len(catalogue.TEXTS), "a key is there twice"
    for key, (chinese, english) in catalogue.TEXTS.items():
        assert values(chinese) == values(english), key
        assert re.search("[\u3000-\u9fff\uff00-\uffef]", chinese) and not re.search(
            "[\u3000-\u9fff\uff00-\uffef]", english
        ), key


# Report F33 (vm0-ai/vm0#9778: the shorter of two secrets, masked first, left the rest of the longer one; #9808:
# secrets that only overlap). The same table as in plugin/core/src/redact.rs.
@pytest.mark.parametrize(
    ("tokens", "text", "masked"),
    [
        (("hunter2", "hunter22"), "a hunter2 and hunter22", "a ＊＊＊ and ＊＊＊"),
        (("secret", "mysecret-token-xyz"), "mysecret-token-xyz", "＊＊＊"),
        (("abcdef", "defghi"), "x abcdefghi y", "x ＊＊＊ y"),
        (("abcde", "efghi", "ijklm"), "abcdefghijklm", "＊＊＊"),
        (("ababa",), "abababab", "＊＊＊b"),
        (("secret",), "secretsecret", "＊＊＊＊＊＊"),
        (("none", "", "key"), "none of the key", "none of the key"),
        (("\ud83d-token",), "as it is", "as it is"),
    ],
)
def test_all_of_every_token_is_masked_whole_and_in_pieces(tokens, text, masked) -> None:
    assert masking.mask_tokens(text, tokens) == masked
    assert masking.mask_tokens(text, tokens[::-1]) == masked
    for cut in range(len(text) + 1):
        stream = masking.TokenStream(tokens)
        assert stream.feed(text[:cut]) + stream.feed(text[cut:]) + stream.rest() == masked, cut
    stream = masking.TokenStream(tokens)
    assert "".join(map(stream.feed, text)) + stream.rest() == masked
