#!/usr/bin/env python3
"""Writes the fuzzers' first inputs: those of the recorded exchanges, and a few of each kind by hand.

    tests/fuzz/seeds.py FOLDER

`tests/fuzz/run --minimise` then keeps what adds coverage.
"""

import hashlib
import json
import sys
from pathlib import Path

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"

# Bytes of choices before each input; see `input.rs` in the oracles.
CUT = [b"\0\0\0\1", b"\1\0\1\2", b"\2\1\0\0", b"\3\5\2\3", b"\0\2\4\7", b"\0\3\3\6", b"\0\0\xff\1"]
# The middle repeated, to four megabytes.
REPEATED = b"\xff\x40\xb0\1"

LONGEST = 8_000


def exchanges() -> list[tuple[int, dict[str, str], bytes]]:
    """Status, headers and body of each recorded answer."""
    found = []
    for file in sorted((FIXTURES / "gateway-transcripts").glob("*/*.http")):
        _, _, answer = file.read_bytes().partition(b"<<< RESPONSE")
        answer = answer.split(b"\n", 1)[-1]
        head, _, body = answer.replace(b"\r\n", b"\n").partition(b"\n\n")
        first, *lines = head.decode("latin-1").split("\n")
        if not first.startswith("HTTP/") or len(body) > LONGEST:
            continue
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        found.append((int(first.split()[1]), headers, body))
    return found


def head(status: int, headers: dict[str, str]) -> bytes:
    names = [
        "content-type",
        "content-encoding",
        "allow",
        "retry-after",
        "date",
        "location",
        "www-authenticate",
        "server",
    ]
    return "\n".join([str(status), *(headers.get(name, "") for name in names)]).encode()


def by_hand() -> dict[str, list[bytes]]:
    turn = {
        "text": 'hello 世界 "q"',
        "session": "fakeqq:GroupMessage:555",
        "level": "L2",
        "heavy": True,
        "instructions": "be brief",
        "attachments": [{"media_type": "image/png", "filename": "a.png", "data": "aGVsbG8="}],
        "tools": [
            {"name": "t", "description": "d", "parameters": {"type": "object"}, "level": "L1"},
            {"name": "u", "level": "L3"},
        ],
        "context": {"platform": "qq", "sender_name": "小明", "quoted": {"sender": "A", "text": "⟦x⟧ astrbot-context"}},
    }
    config = {
        "gateway_primary_url": "http://127.0.0.1:18789",
        "gateway_bearer_token": "0123456789abcdef0123456789abcdef",
        "gateway_agent_id": "main",
        "gateway_level_agents": True,
        "gateway_backup_url": "https://[::1]:8443",
        "gateway_backup_bearer_token": None,
        "max_level": "L3",
        "heavy_floor_mib": 600,
        "breaker_open_seconds": 90.5,
        "queue_wait_seconds": 0.25,
        "heavy_words": ["图片", "pdf"],
        "turn_timeout_seconds": 1800,
        "locale": "zh",
    }
    lines = [
        {"id": "a", "op": "ask", **turn},
        {"id": 2, "op": "tool-result", "turn": "a", "call": "c", "output": {"x": [1, 2.5]}},
        {"id": 3, "op": "decide", "turn": "a", "request": "a1", "approve": True, "role": "asker"},
        {"id": 4, "op": "cancel", "turn": "a"},
        {"id": 5, "op": "memory", "available_mib": 400.5},
        {"id": 6, "op": "advance", "seconds": 60.5},
        {"op": "quit"},
    ]
    texts = [json.dumps(line, ensure_ascii=False) for line in lines]
    return {
        "request": [json.dumps(turn, ensure_ascii=False).encode(), b'{"text":"x"}'],
        "config": [
            json.dumps(config, ensure_ascii=False).encode(),
            b"{}",
            b"http://127.0.0.1:18789/",
            b"https://[::1]:443",
        ],
        "session": [
            "\n".join(texts).encode(),
            b'{"id":1,"text":"\xff","op":"ask"}\n{"id":"x","text":"hi" oops}\n\xef\xbb\xbf{"id":7,"op":"status"}\r\n',
            b'{"id":1,"op":"ask","text":[[1,1,1,1]],"x":"\\ud83d"}',
        ],
        "json": [
            json.dumps(turn).encode(),
            b'{"type":"x","delta":"\\ud83d","a":[1,{"a":"t0ken/secret"}],"n":12.0}',
            b'"\\u0041"',
        ],
        "dotenv": [
            b"# c\nOPENCLAW_VERSION=2026.2.9\nexport B='two'\nA=\"x\\n${B:-d}\" # e\nC=$A$A\n",
            b"\xef\xbb\xbfA=1\r\nOPENCLAW_GATEWAY_TOKEN=0123456789abcdef\r\nOPENCLAW_VERSION : '1'\r\n",
            b"A='\nOPENCLAW_VERSION=inside\n'\nB\nC=${SHELL_HAS:+${A-${B:?no}}}\n'k'=v\n",
            b"A=xxxxxxxxxxxxxxxxxxxxxxxx\nA=$A$A$A\n",
        ],
        "memory": [
            b"== /proc/meminfo\nMemTotal: 2097152 kB\nMemFree: 1000 kB\nMemAvailable: 1048576 kB\n"
            b"== /proc/self/cgroup\n0::/a/b\n"
            b"== /proc/self/mountinfo\n30 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
            b"== /sys/fs/cgroup/a/b/memory.max\n536870912\n== /sys/fs/cgroup/a/b/memory.current\n100000000\n"
            b"== /sys/fs/cgroup/a/b/memory.stat\ninactive_file 5000\nactive_file 1000\nfile_dirty 10\n"
            b"== /sys/fs/cgroup/cgroup.controllers\nmemory\n",
            b"== /proc/meminfo\nMemTotal: 2097152 kB\nMemFree: 1000 kB\nActive(file): 2000 kB\nInactive(file): 3000 kB\n"
            b"== /proc/self/cgroup\n5:cpu,memory:/docker/1\n0::/\n"
            b"== /proc/self/mountinfo\n31 25 0:27 /docker/1 /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
            b"== /sys/fs/cgroup/memory/memory.limit_in_bytes\n9223372036854771712\n"
            b"== /sys/fs/cgroup/memory/memory.usage_in_bytes\n1000\n"
            b"== /sys/fs/cgroup/memory/memory.stat\nhierarchical_memory_limit 300000000\ntotal_inactive_file 5\n"
            b"== /proc/zoneinfo\nNode 0, zone   Normal\n  low 10\n  high 20\n  managed 500\n"
            b"        protection: (0, 9)\n      nr_inactive_file 700\n",
            b"== /proc/meminfo\nMemTotal: 1 kB\n== /proc/self/cgroup\ndenied\n== /proc/self/mountinfo\ndenied\n",
        ],
        "snapshot": [
            b"4 1 0 0 1 0 2 1 70000 0 1 9 3 2 1 1 0 0 123 456\nhttp://primary:1\nhttp://backup:2",
            b"4 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n\n",
            b"astr-openclaw-guards 1 1790000000123 4567\n4 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n\n",
        ],
    }


def main() -> None:
    seeds = by_hand()
    wpt = json.loads((FIXTURES / "wpt" / "eventsource.json").read_text())
    seeds["sse"] = ["".join(part for part in case["input"] if isinstance(part, str)).encode() for case in wpt]
    seeds["answer"] = []
    seeds["classify"] = []
    seeds["turn"] = []
    tools = b""
    for status, headers, body in exchanges():
        kind = headers.get("content-type", "")
        seeds["classify"].append(head(status, headers) + b"\n\n" + body)
        answer = f"{status}\n{kind}\n".encode() + body
        seeds["turn"].append(answer)
        if status == 200:
            seeds["answer"].append(body)
            seeds["json"].append(body)
        if b"event:" in body:
            seeds["sse"].append(body)
            tools = tools or (answer if b"function_call" in body else b"")
            seeds["turn"].append(tools.replace(b"get_weather", b"look") + b"\n--\n" + answer)
    for target, inputs in seeds.items():
        folder = Path(sys.argv[1]) / target
        folder.mkdir(parents=True, exist_ok=True)
        for at, data in enumerate(inputs):
            for choices in [CUT[at % len(CUT)], CUT[(at + 1) % len(CUT)], REPEATED]:
                name = hashlib.sha1(choices + data).hexdigest()
                (folder / name).write_bytes(choices + data)


if __name__ == "__main__":
    main()
