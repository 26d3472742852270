"""Write what is generated: tables of docs/ and README's output between markers, its picture, data/dictionary.csv.

``make generated`` runs it; a test fails while the files say something else.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import dtanalytics as dta

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(Path(__file__).parent))  # helpers that several tests share
README = ROOT / "README.md"
DOCS = ROOT / "docs"
PICTURE = ROOT / "notebooks" / "bridge.png"
DICTIONARY = ROOT / "data" / "dictionary.csv"


def first_sentence(value: object) -> str:
    """Return the summary line of a docstring as a table cell."""
    return (inspect.getdoc(value) or "").split("\n\n")[0].replace("\n", " ").replace("``", "`").rstrip(".")


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Lay out a Markdown table; a bar inside a cell is escaped."""
    lines = [
        [*heads],
        ["---"] * len([*heads]),
        *([str(cell).replace("|", "\\|") for cell in row] for row in rows),
    ]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def parameters(function: object) -> str:
    """Return the names that a call takes, as one writes them; what is optional or given by name ends in =."""
    shown = []
    for name, parameter in inspect.signature(function).parameters.items():
        if name == "self":
            continue
        by_name = parameter.kind is parameter.KEYWORD_ONLY
        optional = by_name or parameter.default is not inspect.Parameter.empty
        star = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        shown.append(f"{star}{name}{'=' if optional else ''}")
    return ", ".join(shown)


def functions() -> str:
    """List the public functions, and the methods of ``df.calls``."""
    names = [name for name in dta.__all__ if callable(getattr(dta, name))]
    rows = [
        (f"`dta.{name}({parameters(getattr(dta, name))})`", first_sentence(getattr(dta, name)))
        for name in names
    ]
    for home in ("cache", "exports"):
        module = getattr(dta, home)
        members = {name: getattr(module, name) for name in module.__all__}
        rows += [
            (f"`dta.{home}.{name}({parameters(value)})`", first_sentence(value))
            for name, value in members.items()
            if inspect.isfunction(value)
        ]
    from dtanalytics.accessor import CallsAccessor
    from dtanalytics.accessor.methods.base import method_names

    methods = [
        (f"`{name}({parameters(value)})`" if callable(value) else f"`{name}`", first_sentence(value))
        for name in method_names(CallsAccessor)
        for value in [getattr(CallsAccessor, name)]
    ]
    return (
        table(["function", "what it does"], rows)
        + "\n\nMethods of `df.calls`, each a function of the package with the frame as its first argument:\n\n"
        + table(["method", "what it does"], methods)
    )


def metrics() -> str:
    """List every measure and metric."""
    rows = dta.metrics()
    rows = rows[rows["source"] != "user"]
    shown = rows[["name", "unit", "formula", "report", "also_called"]]
    cells = (
        (f"`{name}`", unit, f"`{formula}`", *rest)
        for name, unit, formula, *rest in shown.itertuples(index=False)
    )
    return table(["name", "unit", "formula", "report", "others call it"], cells)


def fields() -> str:
    """List every column of both reports."""
    parts = []
    for report, rows in dta.fields().groupby("report", sort=False):
        shown = rows[["name", "pandas", "unit", "personal", "meaning"]].fillna("")
        cells = ((f"`{name}`", f"`{kind}`", *rest) for name, kind, *rest in shown.itertuples(index=False))
        rendered = table(["column", "dtype", "unit", "personal", "meaning"], cells)
        parts.append(f"<details><summary>{report}: {len(rows)} columns</summary>\n\n{rendered}\n\n</details>")
    return "\n\n".join(parts)


def output() -> str:
    """Return what README's ten lines print."""
    (code,) = re.findall(r"```python\n([^`]*)```\n\n<!-- output -->", README.read_text(encoding="utf-8"))
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - the page's own example
    return f"```text\n{printed.getvalue()}```"


def platform_methods() -> str:
    """Say which methods each platform's calls answer."""
    import platform_methods

    return platform_methods.table()


def platform_columns() -> str:
    """Say which of a platform's columns fill ours."""
    import platform_methods

    return platform_methods.columns()


PARTS = {
    "platform_columns": (DOCS / "platforms.md", platform_columns),
    "platform_methods": (DOCS / "platforms.md", platform_methods),
    "output": (README, output),
    "functions": (DOCS / "functions.md", functions),
    "metrics": (DOCS / "metrics.md", metrics),
    "fields": (DOCS / "fields.md", fields),
}


def filled(name: str) -> str:
    """Return the page of a generated part, renewed."""
    page, part = PARTS[name]
    text = page.read_text(encoding="utf-8")
    marked = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not marked.search(text):
        raise ValueError(f"{page.name} has no markers <!-- {name} --> and <!-- /{name} -->")
    body = part()
    return marked.sub(lambda found: f"{found[1]}{body}\n{found[2]}", text)


def dictionary() -> str:
    """Return the data dictionary as CSV."""
    return dta.fields().to_csv(index=False, lineterminator="\n")


def picture() -> None:
    """Draw README's picture: why margin changed from the sample's first month to its second."""
    from dtanalytics import plots

    with dta.demo():
        earlier, now = (dta.load_leadflow(month, progress=False) for month in ("2026-09", "2026-10"))
    plots.waterfall(now.calls.bridge(earlier, "affiliate")).figure.savefig(
        PICTURE, dpi=100, bbox_inches="tight"
    )


if __name__ == "__main__":
    for name, (page, _) in PARTS.items():
        page.write_text(filled(name), encoding="utf-8")
    DICTIONARY.write_text(dictionary(), encoding="utf-8")
    picture()
