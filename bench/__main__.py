"""Runs every measurement, one after the other, each in a process of its own: ``python -m bench [NAME ...]``."""

from __future__ import annotations

import subprocess
import sys

# In this order; what another measurement starts itself, or what writes files of the package, is not among them.
MEASUREMENTS = ("extraction", "memory", "survival", "classic")


def main(names: list[str]) -> int:
    """Run the named measurements, or all of them; 1 when one failed."""
    unknown = sorted(set(names) - set(MEASUREMENTS))
    if unknown:
        sys.stderr.write(f"Unknown measurement: {', '.join(unknown)}. Known: {', '.join(MEASUREMENTS)}.\n")
        return 2
    failed = []
    for name in names or MEASUREMENTS:
        sys.stdout.write(f"== {name}\n")
        sys.stdout.flush()
        if subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode != 0:
            failed.append(name)
    if failed:
        sys.stderr.write(f"Failed: {', '.join(failed)}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
