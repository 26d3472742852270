"""Write the handbook's pages about functions, methods, errors: one page for every public name."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import dtanalytics as dta
from dtanalytics import cache, errors, exports, plots, reports, settings
from dtanalytics.accessor import CallsAccessor
from dtanalytics.accessor.plots import Plots


@dataclass(frozen=True)
class Page:
    """A public name: what it is called, where it is, and the group it is listed in."""

    name: str
    value: Any
    path: str
    group: str

    @property
    def file(self) -> str:
        """The page's file, without its ending; `Table` and `table` differ where capitals do not, too."""
        name = re.sub(r"[^A-Za-z0-9]+", "_", self.name).strip("_")
        return f"{name}_class" if inspect.isclass(self.value) else name


def pages() -> list[Page]:
    """List every public name of the package that is called or caught."""
    return [*_functions(), *_methods(), *_of_modules(), *_errors()]


def _functions() -> Iterator[Page]:
    for name in dta.__all__:
        value = getattr(dta, name)
        if callable(value):
            yield Page(f"dta.{name}", value, f"dtanalytics.{name}", "Functions")


def _methods() -> Iterator[Page]:
    for prefix, kind, group in (
        ("df.calls", CallsAccessor, "Methods of df.calls"),
        ("df.calls.plot", Plots, "Pictures: df.calls.plot"),
    ):
        for name, value in inspect.getmembers(kind, inspect.isfunction):
            if not name.startswith("_"):
                yield Page(f"{prefix}.{name}", value, f"{kind.__module__}.{kind.__qualname__}.{name}", group)


def _of_modules() -> Iterator[Page]:
    homes: tuple[tuple[str, ModuleType, str], ...] = (
        ("dta.cache", cache, "The cache"),
        ("dta.exports", exports, "Files for ad platforms"),
        ("plots", plots, "Pictures of tables: dtanalytics.plots"),
        ("reports", reports, "Reports: dtanalytics.reports"),
        ("settings", settings, "Settings: dtanalytics.settings"),
    )
    for prefix, module, group in homes:
        for name in module.__all__:
            value = getattr(module, name)
            if callable(value):
                yield Page(f"{prefix}.{name}", value, f"{module.__name__}.{name}", group)


def _errors() -> Iterator[Page]:
    for name, value in vars(errors).items():
        if inspect.isclass(value) and value.__module__ == errors.__name__ and not name.startswith("_"):
            yield Page(f"dta.errors.{name}", value, f"dtanalytics.errors.{name}", "Errors and warnings")


def summary(value: object) -> str:
    """Return the first sentence of a docstring."""
    text = (inspect.getdoc(value) or "").split("\n\n")[0].replace("\n", " ").replace("``", "`")
    return re.sub(r": `dtanalytics\.[\w.]+`\.?$", "", text).rstrip(".")


def behind(method: object) -> str | None:
    """Name the function behind a method of ``df.calls``: named by its docstring, or imported."""
    found = re.search(r"`(dtanalytics\.[\w.]+)`", inspect.getdoc(method) or "")
    if found:
        return found[1]
    drawn = re.search(r"from (dtanalytics\.plots\.\w+) import (\w+)", inspect.getsource(method))
    return f"{drawn[1]}.{drawn[2]}" if drawn else None


def write(source: Path) -> None:
    """Write a page for each name, and the page that lists them."""
    folder = source / "reference"
    listed = pages()
    shown = {
        page: page.read_text(encoding="utf-8")
        for part in ("recipes", "gallery", "start", "explain")
        for page in sorted((source / part).glob("*.md"))
    }
    for page in listed:
        (folder / f"{page.file}.md").write_text(_text(page, shown), encoding="utf-8")
    index = folder / "index.md"
    index.write_text(
        index.read_text(encoding="utf-8").replace("<!-- names -->", _index(listed)), encoding="utf-8"
    )


def _directive(kind: str, path: str, *options: str) -> str:
    lines = "".join(f"   :{option}:\n" for option in options)
    return f"```{{eval-rst}}\n.. {kind}:: {path}\n{lines}```\n"


def _text(page: Page, shown: dict[Path, str]) -> str:
    parts = [f"# {page.name}\n"]
    if page.group.startswith(("Methods", "Pictures: ")):
        parts.append(_directive("automethod", page.path))
        function = behind(page.value)
        if function:
            first = "the table" if ".plot." in page.name else "the calls"
            parts.append(f"The function behind it, which takes {first} as its first argument:\n")
            parts.append(_directive("autofunction", function, "no-index"))
    elif inspect.isclass(page.value):
        parts.append(_directive("autoclass", page.path, "members"))
    else:
        parts.append(_directive("autofunction", page.path))
    short = re.escape(page.name.rsplit(".", 1)[-1])
    home = page.name.rsplit(".", 2)[-2] if page.name.startswith(("dta.exports.", "dta.cache.")) else ""
    of_others = rf"\b{home}\.{short}\(" if home else rf"(?<!plot)\.{short}\("
    called = re.compile(rf"\.plot\.{short}\(" if ".plot." in page.name else of_others)
    links = [
        f"- [{_title(text)}](../{path.parent.name}/{path.name})"
        for path, text in shown.items()
        if called.search(text)
    ]
    if links:
        parts.append("## Used in\n\n" + "\n".join(links) + "\n")
    parts.append("[All names](index.md)\n")
    return "\n".join(parts)


def _title(text: str) -> str:
    return next(line[2:] for line in text.splitlines() if line.startswith("# "))


def _index(listed: list[Page]) -> str:
    groups: dict[str, list[Page]] = {}
    for page in listed:
        groups.setdefault(page.group, []).append(page)
    parts = []
    for group, members in groups.items():
        rows = "\n".join(f"| [{page.name}]({page.file}.md) | {summary(page.value)} |" for page in members)
        tree = "\n".join(page.file for page in members)
        parts.append(f"## {group}\n\n| name | what it does |\n| --- | --- |\n{rows}\n")
        parts.append(f"```{{toctree}}\n:hidden:\n\n{tree}\n```\n")
    return "\n".join(parts)
