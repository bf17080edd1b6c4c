"""Tables that a notebook has shown, read back from its outputs."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any


def tables_in(notebook: dict[str, Any]) -> Iterator[list[list[str]]]:
    """Every table of pandas in a notebook that ran: its rows, headings included."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if text := "".join(output.get("data", {}).get("text/html", [])):
                reader = _Rows()
                reader.feed(text)
                yield reader.rows


class _Rows(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        self._inside = tag in ("td", "th")

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.rows[-1][-1] += data
