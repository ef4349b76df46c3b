"""The worked example of docs/strategies.md, from a log to a list, as it stands there."""

import re
import shlex
from pathlib import Path

import httpx2
import pytest

from tests.cli.conftest import Run
from tests.cli.serving import serving, without_redis_server
from tests.cli.test_tune import log

PAGE = (Path(__file__).parents[2] / "docs" / "strategies.md").read_text()
TYPED = PAGE.partition("```sh\n")[2].partition("```")[0].splitlines()
TUNE, *EVALUATE, SERVE, ASK = TYPED
SETTING = "TANDEM_STRATEGIES=mine.json "


def test_the_example_leads_from_a_log_to_a_list(
    tandem: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = without_redis_server(tmp_path)
    monkeypatch.setenv("PATH", toy)
    log(tmp_path).rename(tmp_path / "may.csv")
    log(tmp_path).rename(tmp_path / "june.csv")
    assert tandem(*words(TUNE)).exit_code == 0
    monkeypatch.setenv("TANDEM_STRATEGIES", "mine.json")
    for command in EVALUATE:
        assert command.startswith(SETTING)
        ended = tandem(*words(command.removeprefix(SETTING)))
        assert ended.exit_code == 0, ended.output
        assert command.rpartition(" ")[2] in ended.stdout
    assert f"{SETTING}tandem serve" == SERVE
    mine = str(tmp_path / "mine.json")
    with serving(tmp_path, PATH=toy, TANDEM_STRATEGIES=mine) as service:
        (url,) = re.findall(r"'(http://[^']+)'", ASK)
        made = httpx2.get(url.replace("http://127.0.0.1:5000", service.url))
    assert (made.status_code, made.json()["strategy"]) == (200, "mine")


def words(command: str) -> list[str]:
    """What follows the program's name."""
    program, *rest = shlex.split(command)
    assert program == "tandem"
    return rest
