"""The handbook leaves nothing out, and its recipes are many; ``make docs`` runs all of its code."""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys
from pathlib import Path

import pytest

import dtanalytics as dta
from dtanalytics.accessor import CallsAccessor, Plots

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def reference():
    """The module that writes the pages about names."""
    spec = importlib.util.spec_from_file_location("handbook_reference", DOCS / "reference.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look there for their module
    spec.loader.exec_module(module)
    return module


def test_every_public_name_has_a_page(reference):
    """Functions of dta, of its cache and exports, methods of df.calls and of its pictures, errors."""
    pages = {page.name for page in reference.pages()}
    wanted = {f"dta.{name}" for name in dta.__all__ if callable(getattr(dta, name))}
    for home in ("cache", "exports"):
        module = getattr(dta, home)
        wanted |= {f"dta.{home}.{name}" for name in module.__all__ if callable(getattr(module, name))}
    for prefix, kind in (("df.calls", CallsAccessor), ("df.calls.plot", Plots)):
        wanted |= {
            f"{prefix}.{name}"
            for name in dir(kind)
            if inspect.isfunction(getattr(kind, name)) and name[0] != "_"
        }

    assert wanted - pages == set()


def test_no_two_pages_have_one_file(reference):
    """Names that differ have files that differ, on a system that does not tell capitals apart too."""
    files = [page.file.lower() for page in reference.pages()]

    assert len(set(files)) == len(files)


def recipes():
    """Each recipe's heading, and what stands below it on all pages that have it."""
    found: dict[str, str] = {}
    for page in sorted((DOCS / "recipes").glob("*.md")):
        for part in re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            heading, _, below = part.partition("\n")
            found[heading] = found.get(heading, "") + below
    return found


def test_there_are_forty_recipes_and_each_has_code():
    """Each recipe is a question as a heading, and lines that answer it."""
    assert len(recipes()) >= 40
    assert [heading for heading, below in recipes().items() if "```" not in below] == []


def test_help_of_every_method_names_a_recipe_that_calls_it():
    """The docstring of a method of df.calls ends with the heading of a recipe."""
    wrong = []
    for name, method in inspect.getmembers(CallsAccessor, inspect.isfunction):
        if name.startswith("_"):
            continue
        named = re.search(
            r"Recipe of the handbook \(``dtanalytics docs``\): (.+)", inspect.getdoc(method) or ""
        )
        if not named or not re.search(rf"\b{name}\(", recipes().get(named[1], "")):
            wrong.append((name, named and named[1]))

    assert wrong == []


def test_links_between_pages_lead_somewhere():
    """Every relative link of a page leads to a file that is there."""
    broken = [
        (page.name, link)
        for page in sorted(DOCS.rglob("*.md"))
        for link in re.findall(r"\]\(([^)#:]+\.md)", page.read_text(encoding="utf-8"))
        if not (page.parent / link).is_file()
    ]

    assert broken == []


def test_no_page_names_another_host():
    """Pages and settings of the handbook load nothing from elsewhere."""
    named = [
        (page.name, host)
        for page in sorted(path for path in DOCS.rglob("*") if path.suffix in {".md", ".py", ".css"})
        for host in re.findall(r"https?://([\w.-]+)", page.read_text(encoding="utf-8"))
    ]

    assert named == []
