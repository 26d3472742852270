"""What a notebook says of itself: its title, and the paragraph that it opens with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any

_NUMBER = re.compile(r"^\d+[_\-. ]+(?=.)")
_HTML = re.compile(r"<(h[1-6])\b[^>]*>(.*?)</\1>", re.DOTALL | re.IGNORECASE)


def opening(notebook: Any, stem: str) -> tuple[str, str]:
    """Return title and first paragraph of a notebook, as plain text.

    The title is the first heading of the highest level that occurs in its Markdown; of a notebook without
    headings, the name of its file in words.
    """
    import mistune

    read: Any = mistune.create_markdown(renderer=None)  # without a renderer it answers with blocks, not HTML
    headings: list[tuple[int, str]] = []
    paragraphs: list[str] = []
    for cell in notebook.cells:
        for block in read(cell.source) if cell.cell_type == "markdown" else ():
            if block["type"] == "heading":
                headings.append((block["attrs"]["level"], _text(block)))
            elif block["type"] == "paragraph":
                paragraphs.append(_text(block))
            elif block["type"] == "block_html":
                headings += [
                    (int(tag[1]), _joined(unescape(re.sub(r"<[^>]*>", "", words))))
                    for tag, words in _HTML.findall(block["raw"])
                ]
    titled = [(level, text) for level, text in headings if text]
    title = min(titled, key=lambda one: one[0])[1] if titled else _in_words(stem)
    return title, next(filter(None, paragraphs), "")


def _text(block: Mapping[str, Any]) -> str:
    return _joined("".join(_pieces(block)))


def _pieces(block: Mapping[str, Any]) -> Iterator[str]:
    if block["type"] in {"softbreak", "linebreak"}:
        yield " "
    elif block["type"] not in {"inline_html", "image"}:
        yield block.get("raw", "")
        for child in block.get("children", ()):
            yield from _pieces(child)


def _joined(text: str) -> str:
    return " ".join(text.split())


def _in_words(stem: str) -> str:
    words = _joined(re.sub(r"[_\-]+", " ", _NUMBER.sub("", stem))) or stem
    return words[:1].upper() + words[1:]
