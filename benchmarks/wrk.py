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
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), address]
    command += ["--", *arguments]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    summary = json.loads(output.strip().splitlines()[-1])
    if summary["failed"]:
        sys.exit(f"{summary['failed']} of {summary['requests']} requests failed")
    return float(summary["requests"] / summary["seconds"])
