"""`python -m astr_openclaw` runs the bundled `host-shim` program."""

import os
import subprocess
import sys

from ._component import command_line


def main() -> int:
    """Replaces this process, so that signals and exit status are the program's."""
    program = os.fspath(command_line())
    if not os.path.exists(program):
        print(
            f"astr_openclaw: {program} is missing; install the wheel again "
            "(pip install --force-reinstall astr-openclaw)",
            file=sys.stderr,
        )
        return 1
    if os.name == "posix":
        try:
            os.execv(program, [program, *sys.argv[1:]])
        except OSError as error:
            print(f"astr_openclaw: {program} cannot be run: {error}", file=sys.stderr)
            return 1
    return subprocess.run([program, *sys.argv[1:]], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
