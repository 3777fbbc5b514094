"""Loops, threads, forks, exits and reloads: none may hang or crash."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from astr_openclaw import Plugin
from gateway import Gateway

#: `Deaf` cannot watch sockets, as the default loop of Windows. asyncio's own wake-up pipe uses the method with the
#: underscore.
LOOPS = """
class Deaf(asyncio.SelectorEventLoop):
    def add_reader(self, *_):
        raise NotImplementedError
def new_loop(kind):
    if kind == "uvloop":
        import uvloop
        return uvloop.new_event_loop()
    return Deaf() if kind == "deaf" else asyncio.new_event_loop()
"""

every_loop = pytest.mark.parametrize("kind", ["asyncio", "deaf", "uvloop"])


def script(gateway: Gateway, body: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Runs a program in an interpreter of its own."""
    head = f"import asyncio, json, os, signal, sys, threading\nfrom astr_openclaw import *\nCONFIG = json.loads({json.dumps(gateway.config)!r})\n"
    head += LOOPS
    # A background job of a shell starts with SIGINT ignored, and would hand that on.
    head += "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    code = head + textwrap.dedent(body)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=timeout)


def test_two_loops_in_two_threads_share_one_plugin(gateway: Gateway) -> None:
    async def load() -> Plugin:
        return await Plugin.load(gateway.config)

    plugin = asyncio.run(load())
    found: list[str] = []

    def ask(name: str) -> None:
        async def go() -> None:
            for i in range(20):
                found.append((await plugin.ask(f"{name}{i}").reply()).text)

        asyncio.run(go())

    threads = [threading.Thread(target=ask, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(found) == sorted(f"{n}{i}" for n in "ab" for i in range(20))
    asyncio.run(plugin.close())


@every_loop
def test_a_stream_arrives_on_every_loop(gateway: Gateway, kind: str) -> None:
    done = script(
        gateway,
        f"""
        async def main():
            async with await Plugin.load(CONFIG) as plugin:
                print("".join([getattr(event, "text", "") async for event in plugin.ask("many 300")]))
        loop = new_loop({kind!r})
        loop.run_until_complete(asyncio.wait_for(main(), 30))
        loop.close()
        """,
    )
    assert (done.returncode, done.stdout) == (0, "x" * 300 + "\n"), done.stderr


# Report P14 (attack): every loop left a socket for the garbage collector to find.
@every_loop
def test_a_loop_leaves_no_socket_open(gateway: Gateway, kind: str) -> None:
    done = script(
        gateway,
        f"""
        import gc, warnings
        warnings.simplefilter("error")
        unraisable = []
        sys.unraisablehook = lambda u: unraisable.append(repr(u.exc_value))
        async def main(plugin=None):
            plugin = plugin or await Plugin.load(CONFIG)
            assert (await plugin.ask("hi").reply()).text == "hi"
            return plugin
        def once(plugin=None):
            loop = new_loop({kind!r})
            try:
                return loop.run_until_complete(main(plugin))
            finally:
                loop.close()
        plugin = once()
        gc.collect()
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            once(plugin)
            gc.collect()
        # The pool of connections to the gateway may hold one or two; a socket for each loop were 20.
        print(len(os.listdir("/proc/self/fd")) - before < 5, unraisable)
        """,
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "True []\n")


# Report P12 (attack): its tool call would wait for ever in a queue that nobody reads.
def test_a_turn_whose_loop_is_gone_does_not_hold_the_queue(gateway: Gateway) -> None:
    done = script(
        gateway,
        """
        import gc
        async def load():
            return await Plugin.load(CONFIG)
        async def ask(plugin):
            return plugin.ask("tool t {}", level="L2", tools=[Tool("t", print, timeout=None)])
        async def after(plugin):
            return (await asyncio.wait_for(plugin.ask("next").reply(), 20)).text
        plugin = asyncio.run(load())
        loop = asyncio.new_event_loop()
        turn = loop.run_until_complete(ask(plugin))
        loop.close()
        del loop
        gc.collect()
        print(asyncio.run(after(plugin)))
        """,
    )
    assert (done.returncode, done.stdout) == (0, "next\n"), done.stderr


# As AstrBot starts the task of a message. What only waits for a turn is an island of objects, which was collected.
@every_loop
def test_the_loop_keeps_a_waiting_task_and_closing_it_lets_go(gateway: Gateway, kind: str) -> None:
    done = script(
        gateway,
        f"""
        import gc
        async def wait(plugin, text, seen):
            seen.append((await plugin.ask(text).reply()).text)
        async def kept(plugin):
            seen = []
            asyncio.get_running_loop().create_task(wait(plugin, "many 5000", seen))
            while not seen:
                gc.collect()
                await asyncio.sleep(0.001)
            return len(seen[0])
        async def left(plugin):
            asyncio.get_running_loop().create_task(wait(plugin, "hold", []))
            await asyncio.sleep(0.2)
        async def main(work, plugin=None):
            return await work(plugin) if plugin else await Plugin.load(CONFIG)
        def once(*work):
            loop = new_loop({kind!r})
            try:
                return loop.run_until_complete(asyncio.wait_for(main(*work), 20))
            finally:
                loop.close()
        plugin = once(None)
        print(once(kept, plugin))
        once(left, plugin)
        gc.collect()
        print(once(kept, plugin))
        """,
    )
    assert (done.returncode, done.stdout) == (0, "5000\n5000\n"), done.stderr


# Report P7 (attack): a pool of threads would be waited for.
def test_a_plain_tool_that_never_ends_does_not_keep_the_process(gateway: Gateway) -> None:
    done = script(
        gateway,
        """
        async def main():
            async with await Plugin.load(CONFIG) as plugin:
                tool = Tool("t", threading.Event().wait, timeout=0.05)
                print((await plugin.ask("tool t {}", level="L2", tools=[tool]).reply()).text)
        asyncio.run(main())
        """,
    )
    assert done.returncode == 0 and "timed out" in done.stdout, done.stderr


@pytest.mark.parametrize("round_", range(20))
def test_an_exit_in_mid_turn_does_not_crash(gateway: Gateway, round_: int) -> None:
    done = script(
        gateway,
        """
        async def main():
            plugin = await Plugin.load(CONFIG)
            turns = [plugin.ask("many 100000"), plugin.ask("hold")]
            async for _ in turns[0]:
                break
            return plugin, turns
        loop = asyncio.new_event_loop()
        kept = loop.run_until_complete(main())
        print("leaving")
        """,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "leaving\n", "")


def test_sys_exit_and_an_exception_in_mid_turn_leave_as_they_should(gateway: Gateway) -> None:
    for end, status in (("sys.exit(7)", 7), ("raise RuntimeError('mine')", 1)):
        done = script(
            gateway,
            f"""
            async def main():
                plugin = await Plugin.load(CONFIG)
                async for _ in plugin.ask("hold"):
                    {end}
            asyncio.run(main())
            """,
        )
        assert done.returncode == status, done.stderr
        assert "panicked" not in done.stderr


def test_ctrl_c_in_mid_turn_is_a_keyboard_interrupt(gateway: Gateway) -> None:
    done = script(
        gateway,
        """
        async def main():
            plugin = await Plugin.load(CONFIG)
            async for _ in plugin.ask("hold"):
                os.kill(os.getpid(), signal.SIGINT)
                await asyncio.sleep(0)
        try:
            asyncio.run(main())
        except KeyboardInterrupt:
            print("interrupted")
        """,
    )
    assert (done.returncode, done.stdout) == (0, "interrupted\n"), done.stderr
    assert gateway.left.wait(5)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_after_a_fork_the_child_gets_a_clear_error_and_can_load_its_own(gateway: Gateway) -> None:
    done = script(
        gateway,
        """
        async def main(plugin=None):
            plugin = plugin or await Plugin.load(CONFIG)
            return plugin, (await plugin.ask("hello").reply()).text
        plugin, text = asyncio.run(main())
        turn = asyncio.new_event_loop().run_until_complete(asyncio.sleep(0))
        child = os.fork()
        if child == 0:
            try:
                plugin.status()
            except ForkError as error:
                print("child:", "fork" in str(error), flush=True)
            del plugin
            _, text = asyncio.run(main())
            print("child:", text, flush=True)
            sys.exit(0)
        assert os.waitpid(child, 0)[1] == 0
        print("parent:", asyncio.run(main(plugin))[1])
        """,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "child: True\nchild: hello\nparent: hello\n"


def test_the_package_can_be_imported_again_while_a_turn_runs(gateway: Gateway) -> None:
    done = script(
        gateway,
        """
        async def main():
            old = await Plugin.load(CONFIG)
            turn = old.ask("many 3000")
            await turn.__anext__()
            for name in [n for n in sys.modules if n.split(".")[0] == "astr_openclaw"]:
                del sys.modules[name]
            import astr_openclaw
            new = await astr_openclaw.Plugin.load(CONFIG)
            print((await new.ask("new").reply()).text, len((await turn.reply()).text))
            await new.close()
            await old.close()
        for _ in range(3):
            asyncio.run(main())
        """,
    )
    assert (done.returncode, done.stdout) == (0, "new 3000\n" * 3), done.stderr


def test_no_descriptors_and_threads_pile_up_over_loads(gateway: Gateway) -> None:
    done = script(
        gateway,
        """
        def count():
            return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))
        async def once():
            async with await Plugin.load(CONFIG) as plugin:
                await plugin.ask("x").reply()
        async def several(n):
            for _ in range(n):
                await once()
            return count()
        async def main():
            before = await several(3)
            after = await several(30)
            print(after[0] - before[0], after[1] - before[1])
        asyncio.run(main())
        """,
    )
    assert done.returncode == 0, done.stderr
    descriptors, threads = map(int, done.stdout.split())
    # asyncio's own pool of workers grows to a few threads by and by; thirty loads would be thirty.
    assert descriptors == 0 and threads < 10


def test_the_stub_names_what_the_native_module_has() -> None:
    import ast

    import astr_openclaw
    from astr_openclaw import _native

    stub = ast.parse((Path(astr_openclaw.__file__).parent / "_native.pyi").read_text("utf-8"))
    named = {
        node.target.id if isinstance(node, ast.AnnAssign) else node.name  # type: ignore[union-attr]
        for node in stub.body
        if isinstance(node, (ast.AnnAssign, ast.ClassDef, ast.FunctionDef))
    }
    assert named == {name for name in dir(_native) if not name.startswith("__")}
    for node in stub.body:
        if isinstance(node, ast.ClassDef) and issubclass(getattr(_native, node.name), object):
            for member in node.body:
                if isinstance(member, ast.FunctionDef):
                    assert hasattr(getattr(_native, node.name), member.name), f"{node.name}.{member.name}"


def test_the_readmes_lines_stream_an_answer(gateway: Gateway) -> None:
    from importlib.metadata import metadata

    text = metadata("astr-openclaw").get_payload()
    code = text.split("```python\n")[1].split("```")[0]
    assert len([line for line in code.splitlines() if line.strip()]) == 6
    code = code.replace("http://127.0.0.1:18789", gateway.url).replace(
        '"…"', repr(gateway.config["gateway_bearer_token"])
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "What is new?"), done.stderr
