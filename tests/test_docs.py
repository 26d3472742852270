"""What the documents say is what the code does."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pytest
from click.testing import CliRunner

import dtanalytics as dta
from dtanalytics.accessor import CallsAccessor
from dtanalytics.accessor.methods.base import method_names
from dtanalytics.cli.commands import main
from dtanalytics.demo import settings_for
from dtanalytics.emulator import Emulator
from dtanalytics.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
GLOSSARY = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
ALL = "\n".join([README, *PAGES.values()])


@pytest.fixture(scope="module")
def docs():
    """The generator, loaded from its file."""
    spec = importlib.util.spec_from_file_location("generated_docs", ROOT / "tests" / "docs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def blocks(language: str, text: str = ALL) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("part", ["output", "functions", "metrics", "fields"])
def test_generated_parts_are_current(docs, part):
    """Tables and README's output are what the code says now; `make generated` renews them."""
    page, _ = docs.PARTS[part]

    assert docs.filled(part) == page.read_text(encoding="utf-8")


def test_dictionary_is_current(docs):
    """data/dictionary.csv is what dta.fields() says now; `make generated` renews it."""
    assert docs.DICTIONARY.read_text(encoding="utf-8") == docs.dictionary()


def test_linked_files_exist():
    """Every file that README and CONTRIBUTING link to is there, and README links to every page and notebook."""
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README + CONTRIBUTING) if "://" not in link]
    notebooks = {f"notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")}

    assert ({f"docs/{name}" for name in PAGES} | notebooks | {"GLOSSARY.md"}) - set(links) == set()

    assert [link for link in links if not (ROOT / link).is_file()] == []
    assert len(links) >= 3


def test_sections_come_in_the_order_in_which_one_needs_them():
    """README's headings are those that readers look for, in this order, on one page."""
    assert re.findall(r"^## (.+)$", README, re.MULTILINE) == [
        "Install",
        "JupyterLab in three steps",
        "Ten lines to the first margin table",
        "Notebooks",
        "Read on",
        "Development",
    ]
    assert len(README.splitlines()) < 200


def test_the_glossary_explains_each_word_once():
    """About forty words, one line each, no word twice."""
    words = re.findall(r"^\| (?!word|---)([^|]+) \| [^|]+ \|$", GLOSSARY, re.MULTILINE)

    assert len(words) == len(set(words)) >= 40
    assert "GLOSSARY.md" in CONTRIBUTING


@pytest.mark.parametrize("page", ["README.md", *PAGES])
def test_python_blocks_run(page):
    """The Python of a page runs as it stands, from the top, in one session."""
    names: dict[str, object] = {"dta": dta}
    with dta.demo():
        for number, code in enumerate(blocks("python", PAGES.get(page, README)), start=1):
            exec(compile(code, f"{page}, Python block {number}", "exec"), names)  # noqa: S102 - its purpose
    plt.close("all")  # what the pages draw


def test_every_setting_is_documented():
    """The page of settings names each environment variable, and no page one that does not exist."""
    variables = {Settings.variable(name) for name in Settings.model_fields} | {
        "DTANALYTICS_DEBUG",
        "DTANALYTICS_WEBHOOK",
    }

    of_benchmarks = {"DTANALYTICS_BENCH_ROWS", "DTANALYTICS_SPARK_PYTHON"}

    named = r"\b(?:DIALOGTECH|DTANALYTICS)_[A-Z_]+"
    assert set(re.findall(named, PAGES["configuration.md"])) == variables
    assert set(re.findall(named, ALL)) <= variables | of_benchmarks


def test_the_map_shows_every_module():
    """CONTRIBUTING's map names each module of the package."""
    modules = {path.name for path in (ROOT / "dtanalytics").iterdir() if path.suffix == ".py"} - {
        "__init__.py"
    }
    packages = {f"{path.parent.name}/" for path in (ROOT / "dtanalytics").glob("*/__init__.py")}

    assert [name for name in sorted(modules | packages) if f"`{name}`" not in CONTRIBUTING] == []


def test_make_targets_are_documented():
    """README names each target of the Makefile."""
    targets = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)

    assert [name for name in targets if name != "help" and f"make {name}" not in README] == []


def test_commands_are_documented(docs):
    """Each `dtanalytics` command line of a page is one that the program understands."""
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("dtanalytics ")]
    for line in lines:
        words = re.sub(r"\s+#.*", "", line).split()[1:]
        known = [word for word in words if not word.startswith("-")][:2]
        shown = CliRunner().invoke(main, [*known[:1], "--help"])
        assert shown.exit_code == 0, line
        for option in (word for word in words if word.startswith("--")):
            deeper = CliRunner().invoke(main, [*known, "--help"])
            assert option in shown.output + deeper.output + CliRunner().invoke(main, ["--help"]).output, line


def ran(words: list[str]) -> tuple[int, str, str]:
    """Status and output of a command: the package's own in this process, any other as one."""
    if words[0] == "dtanalytics":
        result = CliRunner().invoke(main, words[1:])
        return result.exit_code, result.stdout, result.stderr
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    return done.returncode, done.stdout, done.stderr


def test_the_workflow_does_its_work(october, tmp_path, monkeypatch):
    """The commands of the workflow on the page of CI run as they stand, on an account and with a notebook of one's own."""
    with Emulator(october) as service:
        _work(service, tmp_path, monkeypatch)


def _work(service, tmp_path, monkeypatch):
    workflow, watching = blocks("yaml")
    commands = re.findall(r"- run: ((?:dtanalytics|pytest) .+)", workflow)
    settings = settings_for(service, tmp_path / "cache")
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if value is not None:
            text = value.get_secret_value() if hasattr(value, "get_secret_value") else str(value)
            monkeypatch.setenv(Settings.variable(name), text)
    asked = nbformat.v4.new_code_cell(
        "window = '2026-10'", execution_count=1, metadata={"tags": ["parameters"]}
    )
    days = "import dtanalytics as dta\ndta.load_leadflow(window, offline=True)['call_day'].nunique()"
    shown = nbformat.v4.new_output("execute_result", {"text/plain": "31"}, execution_count=2)
    counted = nbformat.v4.new_code_cell(days, execution_count=2, outputs=[shown])
    (tmp_path / "own").mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=[asked, counted]), tmp_path / "own" / "question.ipynb")

    for command in commands:
        words, _, written = command.replace("last-month", "2026-10").partition(
            " > "
        )  # of the sample's months
        status, said, wrong = ran(words.split())
        assert status == 0, command + said + wrong
        if written:
            (tmp_path / written).write_text(said, encoding="utf-8")

    assert [command.split()[0] for command in commands] == [*["dtanalytics"] * 5, "pytest"]
    for secret in ("ACCESS_KEY", "SECRET_ACCESS_KEY", "API_KEY"):  # what LeadFlow asks for
        assert f"DIALOGTECH_{secret}: " in workflow
        assert f"DIALOGTECH_{secret}: " in watching
    assert "How much each affiliate earned and kept" in (tmp_path / "build/report/01_margin.html").read_text(
        encoding="utf-8"
    )
    assert (tmp_path / "build/report/01_margin.xlsx").stat().st_size > 5_000


def test_example_environment_is_enough():
    """The variables that the page of settings tells a new user to set are those that the clients ask for."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    code = "import dtanalytics as dta\ntry: dta.load_leadflow('2026-10-05')\nexcept dta.errors.ConfigError as error: print(error)"

    said = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )

    assert all(name in PAGES["configuration.md"] for name in re.findall(r"DIALOGTECH_[A-Z_]+", said.stdout))
    assert "DIALOGTECH_ACCESS_KEY" in said.stdout


def public():
    """Each public function and class by the name that a user types, with its help."""
    for name in dta.__all__:
        yield f"dta.{name}", getattr(dta, name)
    for home in ("cache", "exports", "plots", "reports"):
        module = importlib.import_module(f"dtanalytics.{home}")
        yield from ((f"{home}.{name}", getattr(module, name)) for name in module.__all__)
    yield from ((f"df.calls.{name}", getattr(CallsAccessor, name)) for name in method_names(CallsAccessor))


PUBLIC = {name: value for name, value in public() if callable(value)}


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_has_an_example(name):
    """What Jupyter shows of it has an example; all examples run as doctests, so the example is true."""
    from IPython.core.oinspect import getdoc

    assert ">>>" in getdoc(PUBLIC[name])


def test_public_names_are_many():
    """The list above is read from the code, and is not empty by mistake."""
    assert len(PUBLIC) > 90
