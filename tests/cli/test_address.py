"""A command finds the service of its folder, whatever the port; what is named goes first."""

import json
from pathlib import Path

import pytest

from service.settings import Settings
from tests.cli.answering import answering
from tests.cli.conftest import Run
from tests.cli.serving import Service, serving, wait_until_ready, without_redis_server
from web.cli.address import noted, service_url, url_of

HEALTHY = (200, {"worker": "api-1"})
NOBODY = "http://127.0.0.1:1"


def note(folder: Path) -> Path:
    return folder / "service.json"


def write_note(folder: Path, url: str) -> None:
    folder.mkdir(exist_ok=True)
    note(folder).write_text(json.dumps({"url": url, "pid": 1}))


@pytest.fixture
def beside(toy_service: Service, tandem: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Commands with the data folder of a service that runs."""
    monkeypatch.setenv("TANDEM_DATA_DIR", str(toy_service.folder / "data"))
    return tandem


def test_a_command_finds_the_service_of_its_folder(beside: Run, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("user_id,item_id,type,timestamp\nu,i,view,1700000000000\n")
    assert "Events added: 1" in beside("import", file).stdout
    assert "Rebuilt by" in beside("rebuild").stdout


def test_a_variable_goes_before_the_folder_and_an_option_before_both(
    beside: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TANDEM_URL", NOBODY)
    assert f"Nothing answers at {NOBODY}" in beside("rebuild").stderr
    assert "Nothing answers at http://127.0.0.1:2" in (
        beside("rebuild", "--url", "http://127.0.0.1:2").stderr
    )


def test_where_nothing_answers_it_is_said_how_another_address_is_named(tandem: Run) -> None:
    said = tandem("rebuild", "--url", NOBODY).stderr
    assert "--url" in said
    assert "TANDEM_URL" in said


def test_the_first_of_several_workers_is_noted_until_they_end(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2", PATH=without_redis_server(tmp_path)) as service:
        wait_until_ready(service, f"http://127.0.0.1:{service.port + 1}")
        assert json.loads(note(tmp_path / "data").read_text())["url"] == service.url
        service.end()
    assert not note(tmp_path / "data").exists()


def test_a_second_service_of_the_folder_leaves_the_first_one_noted(
    toy_service: Service, tmp_path: Path
) -> None:
    folder = str(toy_service.folder / "data")
    with serving(tmp_path, TANDEM_DATA_DIR=folder):
        assert json.loads(note(Path(folder)).read_text())["url"] == toy_service.url
    assert note(Path(folder)).exists()


def test_what_does_not_answer_is_not_believed(tandem: Run, tmp_path: Path) -> None:
    write_note(tmp_path / ".tandem", NOBODY)
    assert service_url(None) == "http://127.0.0.1:5000"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"url": 7}', '{"url": "http://[x"}', '{"url": "http://127.0.0.1:99999"}'],
)
def test_a_note_that_cannot_be_read_is_none(tandem: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / ".tandem").mkdir()
    note(tmp_path / ".tandem").write_text(text)
    assert service_url(None) == "http://127.0.0.1:5000"


def test_no_note_leads_to_another_machine(tandem: Run, tmp_path: Path) -> None:
    with answering(HEALTHY) as other:
        write_note(tmp_path / ".tandem", other.url.replace("127.0.0.1", "localtest.invalid"))
        assert service_url(None) == "http://127.0.0.1:5000"
        assert other.asked == []


def test_a_note_left_behind_is_replaced_and_the_new_one_removed(
    tandem: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    write_note(folder, NOBODY)
    with noted(Settings(data_dir=str(folder), port=5001)):
        assert json.loads(note(folder).read_text())["url"] == "http://127.0.0.1:5001"
    assert not note(folder).exists()


def test_a_folder_that_cannot_be_made_keeps_nobody_from_serving(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with noted(Settings(data_dir=str(tmp_path / "file" / "data"))):
        pass


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:7"),
        ("0.0.0.0", "http://127.0.0.1:7"),
        ("::", "http://[::1]:7"),
        ("shop.example", "http://shop.example:7"),
    ],
)
def test_who_listens_everywhere_is_reached_here(host: str, url: str) -> None:
    assert url_of(Settings(host=host, port=7)) == url
