#!/usr/bin/env python3
"""A streamed turn with a loopback gateway, by any program that prints an answer while it comes.

    tests/platforms/streamed.py NAME PROGRAM ARGUMENTS...

The text is put behind the arguments; the gateway and its token are in OPENCLAW_GATEWAY_URL and OPENCLAW_GATEWAY_TOKEN.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from proof import Proofs, streamed_turn


def main() -> int:
    """See the module's docstring."""
    name, *command = sys.argv[1:]
    proofs = Proofs(name)
    proofs.show("a streamed turn", lambda: streamed_turn(command, name))
    return proofs.summary()


if __name__ == "__main__":
    sys.exit(main())
