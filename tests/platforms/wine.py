#!/usr/bin/env python3
"""host-shim.exe under wine: the demo, turns with a loopback gateway, sessions, memory, Ctrl-C, files and exit codes.

    tests/platforms/wine.py --wine FOLDER/wine --ctrl-c ctrl_c.exe host-shim.exe

tests/setup/wine.sh prints the folder; ctrl_c.exe is built of ctrl_c.c.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from proof import Program, Proofs, address, gateway_for, leave, streamed_turn

CHINESE = "你好，世界 🌏"


class Wine:
    """The programs and a folder for what they write."""

    def __init__(self, wine: str, press: str, shim: str, folder: Path) -> None:
        self.shim = [wine, shim]
        self.pressed = [wine, press, shim]
        self.folder = folder

    def run(self, *arguments: str, env: dict[str, str] | None = None, typed: bytes = b"") -> Program:
        """Runs host-shim.exe to its end."""
        program = Program([*self.shim, *arguments], env)
        program.type(typed)
        program.end()
        leave("wine/out", program.out.decode(errors="replace") + program.err.decode(errors="replace"))
        return program

    def with_gateway(self, *arguments: str, typed: bytes = b"", **env: str) -> Program:
        """The same with a gateway."""
        with gateway_for("wine") as gateway:
            return self.run(*arguments, env={**address(gateway), **env}, typed=typed)

    def demo(self) -> str:
        for locale, told, last in (("en", "✓ as expected", "10 scenes"), ("zh", "✓ 符合预期", "10 个场景")):
            ran = self.run("demo", "--locale", locale)
            text = ran.out.decode()
            assert ran.code == 0 and text.count(told) == 10 and last in text.splitlines()[-1], (ran.code, text, ran.err)
        return text.splitlines()[-1]

    def ask(self) -> str:
        ran = self.with_gateway("ask", CHINESE)
        assert (ran.code, ran.out.decode()) == (0, CHINESE + "\n"), (ran.code, ran.out, ran.err)
        ran = self.with_gateway("ask", typed=f"{CHINESE}\r\n".encode())
        assert (ran.code, ran.out.decode().strip()) == (0, CHINESE), (ran.code, ran.out, ran.err)
        return ran.out.decode().strip()

    def session(self) -> str:
        with gateway_for("wine") as gateway:
            program = Program([*self.shim, "session"], address(gateway))
            program.wrote(b'"event":"ready"')
            ask = {"id": 1, "op": "ask", "text": CHINESE}
            program.type(json.dumps(ask, ensure_ascii=False).encode() + b"\r\n")
            program.wrote(b'"event":"completed"')
            program.type(b'{"id":2,"op":"status"}\n{"id":3,"op":"quit"}\r\n')
            code = program.end()
        assert b"\r" not in program.out, "its lines end as on every system"
        events: list[dict[str, Any]] = [json.loads(line) for line in program.out.splitlines()]
        deltas = [event["text"] for event in events if event["event"] == "delta"]
        (whole,) = [event["text"] for event in events if event["event"] == "completed"]
        (status,) = [event for event in events if event["event"] == "status"]
        assert code == 0 and whole == CHINESE and "".join(deltas) == CHINESE, (code, program.out, program.err)
        self.is_memory(status["memory"])
        return f"{len(events)} events, {len(deltas)} deltas"

    def diagnose(self) -> str:
        ran = self.with_gateway("diagnose", "--locale", "zh")
        text = ran.out.decode()
        assert "MiB" in text, (ran.code, text, ran.err)
        return next(line.strip() for line in text.splitlines() if "MiB" in line)

    def memory(self) -> str:
        ran = self.with_gateway("status", "--json")
        assert ran.code == 0, (ran.code, ran.out, ran.err)
        return self.is_memory(json.loads(ran.out)["memory"])

    @staticmethod
    def is_memory(memory: dict[str, Any]) -> str:
        """That of this machine, as its own kernel tells, or less."""
        lines = Path("/proc/meminfo").read_text().splitlines()
        total = next(int(line.split()[1]) >> 10 for line in lines if line.startswith("MemTotal:"))
        assert total * 0.9 <= memory["total_mib"] <= total * 1.1, (memory, total)
        assert 0 < memory["available_mib"] <= memory["total_mib"], memory
        return f"{memory['available_mib']} of {memory['total_mib']} MiB available"

    def exit_codes(self) -> str:
        expected = {"wrong token": 10, "no gateway": 12, "no such option": 2, "no settings": 2, "gateway hangs up": 13}
        found = {
            "wrong token": self.with_gateway("ask", "x", OPENCLAW_GATEWAY_TOKEN="another-token").code,
            "no gateway": self.run(
                "ask", "x", env={"OPENCLAW_GATEWAY_URL": "http://127.0.0.1:9", "OPENCLAW_GATEWAY_TOKEN": "t"}
            ).code,
            "no such option": self.run("ask", "--nonsense").code,
            "no settings": self.run("ask", "x", env={"OPENCLAW_GATEWAY_URL": "", "OPENCLAW_GATEWAY_TOKEN": ""}).code,
            "gateway hangs up": self.with_gateway("ask", "drop").code,
        }
        assert found == expected, found
        return ", ".join(f"{what} {code}" for what, code in found.items())

    def ctrl_c(self) -> str:
        with gateway_for("wine") as gateway:
            program = Program([*self.pressed, "ask", "--json", "hold"], address(gateway))
            program.wrote(b'"event":"delta"')
            assert gateway.held.wait(60)
            program.type(b"\n")
            assert gateway.left.wait(60), "the turn's end must reach the gateway"
            code = program.end()
        assert code == 130 and b'"cancelled"' in program.out, (code, program.out, program.err)
        return "exit code 130, the gateway saw the client leave"

    def files(self) -> str:
        shared, saved = self.folder / "shared", self.folder / "存"
        shared.mkdir()
        (shared / "chart.png").write_bytes(b"\x89PNG\r\n\x1a\n and more")
        prompt = b"old Here.\nASTR_FILE: chart.png\nASTR_FILE: ../secret.txt"
        for name in ("chart.png", "chart-2.png"):
            ran = self.with_gateway(
                *("ask", "--level", "L2", "--workspace", self.path(shared), "--save-files", self.path(saved)),
                typed=prompt,
            )
            assert ran.code == 0, (ran.code, ran.out, ran.err)
            assert (saved / name).read_bytes() == (shared / "chart.png").read_bytes()
        return f"saved {sorted(path.name for path in saved.iterdir())}, none overwritten"

    def token_file(self) -> str:
        token, config = self.folder / "token", self.folder / "settings.toml"
        with gateway_for("wine") as gateway:
            token.write_bytes(gateway.token.encode() + b"\r\n")
            # As an editor of Windows writes it.
            config.write_bytes(b"\xef\xbb\xbf" + f'gateway_primary_url = "{gateway.url}"\r\nlocale = "zh"\r\n'.encode())
            program = self.run("--config", self.path(config), "--token-file", self.path(token), "ask", CHINESE)
        assert (program.code, program.out.decode().strip()) == (0, CHINESE), (program.out, program.err)
        return "a token file and settings with CRLF"

    def component(self, wasm: str) -> str:
        """Machine code for Windows: made, replaced, and refused where everyone may write. It is not run: wine 8 does not let
        wasmtime change the rights of a file that is mapped into memory."""
        artifact = self.folder / "plugin.cwasm"
        for _ in range(2):  # The second replaces the first.
            ran = self.run("compile", self.path(Path(wasm)), self.path(artifact))
            assert ran.code == 0, (ran.code, ran.out, ran.err)
        ran = self.with_gateway("ask", "--component", self.path(artifact), CHINESE)
        answered = (ran.code, ran.out.decode().strip()) == (0, CHINESE)
        assert answered or b"failed change pages" in ran.err, (ran.code, ran.out, ran.err)
        self.folder.chmod(0o777)
        ran = self.with_gateway("ask", "--component", self.path(artifact), CHINESE)
        self.folder.chmod(0o700)
        assert ran.code == 2 and b"Everyone may write it" in ran.err, (ran.code, ran.out, ran.err)
        return f"{artifact.stat().st_size} bytes, {'answered' if answered else 'not run: a limit of wine'}"

    @staticmethod
    def path(path: Path) -> str:
        """A path of this machine as wine has it."""
        return "Z:" + str(path).replace("/", "\\")


def main() -> int:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wine", required=True)
    parser.add_argument("--ctrl-c", required=True)
    parser.add_argument("--component", help="a component, to be compiled there and run from the artifact")
    parser.add_argument("--only", default="", help="what has this in its name")
    parser.add_argument("shim")
    options = parser.parse_args()
    proofs = Proofs("host-shim.exe under wine")
    # Not in /tmp: where everybody may write, no artifact is trusted.
    with tempfile.TemporaryDirectory(prefix=".proof-", dir=Path(options.wine).parent) as folder:
        wine = Wine(options.wine, options.ctrl_c, options.shim, Path(folder))
        shows: list[tuple[str, Callable[[], object]]] = [
            ("a streamed turn", lambda: streamed_turn([*wine.shim, "ask", "--json"], "host-shim.exe ask")),
            ("demo, in English and Chinese", wine.demo),
            ("ask in Chinese, from the command line and from standard input", wine.ask),
            ("session, with lines that end as Windows ends them", wine.session),
            ("diagnose", wine.diagnose),
            ("the memory of the machine", wine.memory),
            ("exit codes", wine.exit_codes),
            ("Ctrl-C in a turn", wine.ctrl_c),
            ("files that the agent sends", wine.files),
            ("a token file, a file of settings", wine.token_file),
        ]
        if options.component:
            shows.append(("a component compiled ahead of time", lambda: wine.component(options.component)))
        for what, how in shows:
            if options.only in what:
                proofs.show(what, how)
    return proofs.summary()


if __name__ == "__main__":
    sys.exit(main())
