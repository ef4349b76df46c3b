"""How many requests a second an address answers, by wrk (Debian's package)."""

import json
import shutil
import subprocess
import sys
from pathlib import Path


def require_wrk() -> None:
    """Ends the benchmark where there is none."""
    if shutil.which("wrk") is None:
        sys.exit("wrk is not on PATH (Debian: apt-get install wrk)")


def requests_per_s(
    address: str, seconds: int, connections: int, script: Path, *arguments: str
) -> float:
    """One round; every answer must have been a success. `script` makes the requests, and prints the summary."""
    running = started(address, seconds, connections, script, *arguments)
    return float(summary_of(running)["per_s"])


def started(
    address: str, seconds: int, connections: int, script: Path, *arguments: str
) -> subprocess.Popen[str]:
    """One round that goes on beside others; `summary_of` waits for its end."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), address]
    return subprocess.Popen([*command, "--", *arguments], stdout=subprocess.PIPE, text=True)


def summary_of(running: subprocess.Popen[str]) -> dict[str, float]:
    """What the script printed of its round, and `per_s`, the requests a second."""
    output, _ = running.communicate()
    if running.returncode:
        sys.exit(f"wrk ended with {running.returncode}")
    summary: dict[str, float] = json.loads(output.strip().splitlines()[-1])
    if summary["failed"]:
        sys.exit(f"{summary['failed']} of {summary['requests']} requests failed")
    return {**summary, "per_s": summary["requests"] / summary["seconds"]}
