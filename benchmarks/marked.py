"""The part of a page that a command writes: what stands between two marks."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Marked:
    """The part of `page` between the marks `begin` and `end`, each of which stands there once."""

    page: Path
    begin: str
    end: str

    def write(self, text: str) -> None:
        """Sets the text between the marks; all else stays."""
        before, rest = self.page.read_text().split(self.begin)
        _, after = rest.split(self.end)
        self.page.write_text(f"{before}{self.begin}\n\n{text}\n\n{self.end}{after}")

    def read(self) -> str:
        """What stands between the marks now."""
        return self.page.read_text().partition(self.begin)[2].partition(self.end)[0].strip()


def words(name: str) -> str:
    """A figure's name as people read it."""
    return name.replace("_", " ")
