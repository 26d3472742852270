"""What nbval does not see: stripped outputs, figures without their numbers, people in what is shown."""

from __future__ import annotations

import ast
import base64
import functools
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from figures import pixels_of

from dtanalytics import exports, reports
from dtanalytics.reports import names
from dtanalytics.schema import REPORTS

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


def shown(cell) -> set[str]:
    """MIME types of what a cell displays."""
    return {kind for output in cell.outputs for kind in output.get("data", {})}


def ends_in_a_value(code: str) -> bool:
    """Tell whether the last statement is an expression, whose value Jupyter displays."""
    body = ast.parse(code).body
    return bool(body) and isinstance(body[-1], ast.Expr)


def problems(notebook) -> list[str]:
    """List what would let a wrong notebook pass."""
    found = []
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    for number, cell in enumerate(code, start=1):
        if cell.execution_count != number:
            found.append(f"cell {number} was not run in order")
        if cell.source.rstrip().endswith(";"):
            found.append(f"cell {number} ends in a semicolon")
        if ends_in_a_value(cell.source) and not cell.outputs:
            found.append(f"cell {number} ends in a value and shows none")
        if re.search(r"^_ = .*plot", cell.source, re.MULTILINE) and "image/png" not in shown(cell):
            found.append(f"cell {number} draws and shows no figure")
        if "image/svg+xml" in shown(cell):
            found.append(f"cell {number} shows SVG, which differs from run to run")
        beside = [*code[max(number - 2, 0) : number + 1]]
        if "image/png" in shown(cell) and not any("text/html" in shown(other) for other in beside):
            found.append(f"cell {number} shows a figure without its numbers beside it")
    if not any("parameters" in cell.metadata.get("tags", []) for cell in code):
        found.append("no cell is tagged parameters")
    if not notebook.cells or not re.match(r"# \S", notebook.cells[0].source):
        found.append("the first cell is no title")
    return found


def cell(source: str, number: int | None = 1, *, tags=("parameters",), **data):
    outputs = [nbformat.v4.new_output("display_data", data)] if data else []
    return nbformat.v4.new_code_cell(
        source, execution_count=number, outputs=outputs, metadata={"tags": list(tags)}
    )


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ([cell("x = 1")], None),
        ([cell("x = 1", None)], "cell 1 was not run in order"),
        ([cell("x = 1"), cell("y = 1", 3)], "cell 2 was not run in order"),
        ([cell("plot();", **{"text/plain": "1"})], "cell 1 ends in a semicolon"),
        ([cell("1 + 1")], "cell 1 ends in a value and shows none"),
        ([cell("_ = plots.trend(table)")], "cell 1 draws and shows no figure"),
        ([cell("plot()", **{"image/svg+xml": "<svg/>"})], "cell 1 shows SVG, which differs from run to run"),
        ([cell("plot()", **{"image/png": "x"})], "cell 1 shows a figure without its numbers beside it"),
        ([cell("table", **{"text/html": "x"}), cell("plot()", 2, **{"image/png": "x"})], None),
        ([cell("x = 1", tags=())], "no cell is tagged parameters"),
    ],
)
def test_blind_spots_are_seen(cells, problem):
    """Each kind of notebook that nbval would let pass is named, and a sound one is not."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Title"), *cells])

    assert problems(notebook) == ([problem] if problem else [])


def test_there_is_a_report_for_each_notebook():
    """Every notebook is numbered, and so is a report of the command line; no two have one name."""
    assert list(names().values()) == NOTEBOOKS
    assert len(NOTEBOOKS) >= 2


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_have_no_blind_spot(path):
    """A notebook was run from top to bottom, and shows what it works out."""
    assert problems(nbformat.read(path, 4)) == []


def test_titles_differ():
    """Each notebook answers one question that no other answers."""
    titles = [nbformat.read(path, 4).cells[0].source.splitlines()[0] for path in NOTEBOOKS]

    assert len(set(titles)) == len(titles)


@pytest.fixture(scope="module")
def people() -> set[str]:
    """Every direct identifier in the sample: numbers, full names, streets, addresses, recordings."""
    from dtanalytics.emulator.sample import sample_calls

    calls = sample_calls()
    found: set[str] = set()
    for report in REPORTS.values():
        rows = calls.table(report.name).select(report.personal("direct")).to_pylist()
        for row in rows:
            first, last = row.pop("first_name"), row.pop("last_name")
            found.update(str(value) for value in row.values() if value)
            if first and last:
                found.add(f"{first} {last}")
    return found


def named(people, text):
    """Full names that stand in a text; only those whose words all occur are searched for, which is the slow part."""
    words = set(re.findall(r"\w+", text))
    return [
        name for name in people if " " in name and words.issuperset(re.findall(r"\w+", name)) and name in text
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_show_nobody(path, people):
    """No number, name, street, address or recording of the sample stands in a notebook."""
    text = json.dumps(nbformat.read(path, 4), ensure_ascii=False)
    words = set(re.findall(r"\+?\d{7,}|\d+\.\d+\.\d+\.\d+|https?://[^\s\"'<>\\]+", text))

    assert len(people) > 10_000
    assert words & people == set()
    assert named(people, text) == []


@pytest.mark.parametrize("name", ["keyword_profit", "reconcile_and_restate"])  # those that list single calls
def test_pages_and_workbooks_show_nobody(name, people, tmp_path):
    """The same of what a report writes; its workbook has rows that the page leaves out."""
    written = reports.write(name, tmp_path, {"window": "2026-W41"})
    workbook = exports.to_excel(written.tables, tmp_path / "tables.xlsx")
    with zipfile.ZipFile(workbook) as book:
        text = written.path.read_text("utf-8") + "".join(book.read(part).decode() for part in book.namelist())
    words = set(re.findall(r"\+?\d{7,}|\d+\.\d+\.\d+\.\d+|https?://[^\s\"'<>\\]+", text))

    assert len(text) > 300_000
    assert words & people == set()
    assert named(people, text) == []


def picture(*changed: tuple[int, int], **notes: str) -> str:
    """A small PNG as a notebook stores it, white but for the pixels named."""
    from PIL import Image, PngImagePlugin

    image, info, file = Image.new("RGB", (20, 10), "white"), PngImagePlugin.PngInfo(), io.BytesIO()
    for place in changed:
        image.putpixel(place, (0, 0, 0))
    for name, text in notes.items():
        info.add_text(name, text)
    image.save(file, "png", pnginfo=info)
    return base64.b64encode(file.getvalue()).decode()


def test_figures_are_compared_by_their_pixels():
    """A pixel makes another figure, the name of the software that wrote it does not; text is compared as before."""
    name = functools.partial(pixels_of, str.upper)

    assert name(picture()) == name(picture(Software="another"))
    assert name(picture()) != name(picture((3, 4)))
    assert name("text") == "TEXT"


def test_a_figure_that_changed_fails_its_cell(tmp_path):
    """Stored figures that differ in a pixel from those drawn now fail, where nbval alone lets them pass."""
    draw = f"from IPython.display import Image\nimport base64\nImage(base64.b64decode({picture()!r}))"
    text = "<IPython.core.display.Image object>"
    for stem, stored in (("same", picture()), ("changed", picture((3, 4)))):
        data = {"image/png": stored, "text/plain": text}
        result = nbformat.v4.new_output("execute_result", data, execution_count=1)
        code = nbformat.v4.new_code_cell(draw, execution_count=1, outputs=[result])
        nbformat.write(nbformat.v4.new_notebook(cells=[code]), tmp_path / f"{stem}.ipynb")
    for helper in ("conftest.py", "figures.py"):
        shutil.copy(Path(__file__).with_name(helper), tmp_path)

    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q", "-rA"]
    said = subprocess.run(
        [*command, tmp_path], capture_output=True, text=True, check=False, encoding="utf-8"
    ).stdout

    assert "PASSED same.ipynb::Cell 0" in said
    assert "FAILED changed.ipynb::Cell 0" in said


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_text_of_a_notebook_names_a_currency_or_says_what_only_the_demonstration_does(path):
    """The account's currency is a setting, and prose stands on the page of one's own account, too."""
    cells = nbformat.read(path, as_version=4).cells
    prose = " ".join(cell.source for cell in cells if cell.cell_type == "markdown")

    assert [cell.source for cell in cells if re.search(r"\bUSD\b", cell.source)] == []
    assert re.findall("spoiled|two weeks pass|made-up services", prose) == []
