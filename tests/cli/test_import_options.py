"""`tandem import` with columns of one's own, a file of items, a key, and what cannot be done."""

from collections.abc import Sequence
from pathlib import Path

import httpx2
import pytest

from tests.cli.conftest import Run
from tests.cli.serving import Service, serving
from tests.cli.test_import import history, report, written


def test_columns_and_constants_may_be_given(
    toy_service: Service, tandem: Run, tmp_path: Path
) -> None:
    file = tmp_path / "retail.csv"
    file.write_text(
        "InvoiceNo,StockCode,Description,InvoiceDate,CustomerID\n"
        "536365,85123A,LANTERN,2010-12-01 08:26:00,17850.0\n"
    )
    mapping = {
        "user_id": "CustomerID",
        "item_id": "StockCode",
        "type": "=purchase",
        "timestamp": "InvoiceDate",
        "order_id": "InvoiceNo",
        "title": "Description",
    }
    options = [text for name, column in mapping.items() for text in ("--map", f"{name}={column}")]
    result = tandem("import", file, *options, "--url", toy_service.url)
    assert report(result) == (1, 0, 0, 0, 1)
    assert history(toy_service, "17850.0")[0]["type"] == "purchase"


def test_ratings_come_with_a_file_of_items(
    toy_service: Service, tandem: Run, tmp_path: Path
) -> None:
    ratings, films = tmp_path / "u.data", tmp_path / "films.item"
    ratings.write_text("196\t242\t3\t881250949\n196\t302\t5\t881250950\n")
    films.write_text(
        "item_id:token\tmovie_title:token_seq\tclass:token_seq\n"
        "242\tKolya\tComedy\n302\tL.A. Confidential\tCrime Mystery\na b\tNo id\t\n"
    )
    command = ("import", ratings, "--preset", "movielens", "--items", films)
    result = tandem(*command, "--url", toy_service.url)
    assert report(result) == (2, 0, 0, 0, 2)
    assert "films.item, line 4: item_id 'a b' does not fit" in result.stderr
    assert [e["type"] for e in history(toy_service, "196")] == ["purchase", "view"]
    kept = httpx2.get(f"{toy_service.url}/items/302").json()
    assert (kept["title"], kept["tags"]) == ("L.A. Confidential", ["Crime", "Mystery"])


def test_a_file_of_items_may_come_later_and_again(
    toy_service: Service, tandem: Run, tmp_path: Path
) -> None:
    events = written(tmp_path / "a.csv", "gus,oar,view,1700000000000,")
    items = tmp_path / "items.csv"
    command = ("import", events, "--url", toy_service.url)
    assert report(tandem(*command)) == (1, 0, 0, 0, 0)
    for title in ("Oar", "Long oar"):
        items.write_text(f"item_id,title\noar,{title}\n")
        assert report(tandem(*command, "--items", items)) == (0, 1, 0, 0, 1)
        assert httpx2.get(f"{toy_service.url}/items/oar").json()["title"] == title


def test_without_a_key_nothing_is_imported(tandem: Run, tmp_path: Path) -> None:
    keyed = {"TANDEM_ADMIN_KEYS": "an-admin-key-of-its-own", "PATH": ""}
    file = written(tmp_path / "a.csv", "u,i,view,1700000000000,")
    with serving(tmp_path, **keyed) as service:
        refused = tandem("import", file, "--url", service.url)
        taken = tandem("import", file, "--url", service.url, "--key", keyed["TANDEM_ADMIN_KEYS"])
    assert refused.exit_code == 1
    assert "The service answers 401" in refused.stderr
    assert "--key or TANDEM_ADMIN_KEY" in " ".join(refused.stderr.split())
    assert report(taken)[0] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--preset", "nosuch"), "There is no preset 'nosuch'; there are: events, rees46"),
        (("--map", "user_id"), "--map user_id: write FIELD=COLUMN"),
        (("--map", "who=user_id"), "--map knows no field 'who'"),
        (("--preset", "rees46"), "no column for item_id"),
        (("--url", "http://127.0.0.1:1"), "Nothing answers at http://127.0.0.1:1"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    tandem: Run, tmp_path: Path, arguments: Sequence[str], said: str
) -> None:
    file = written(tmp_path / "a.csv", "u,i,view,1700000000000,")
    result = tandem("import", file, *arguments)
    assert result.exit_code == 1
    assert said in " ".join(result.stderr.split())
    assert result.stdout == ""


def test_a_file_that_is_not_there_is_said(tandem: Run) -> None:
    result = tandem("import", "missing.csv")
    assert result.exit_code == 1
    assert "missing.csv cannot be read: No such file or directory" in result.stderr
