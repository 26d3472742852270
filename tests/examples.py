"""Run every example in the package's docstrings with the standard library alone: ``python examples.py``.

What pytest does in the development environment, for environments that hold nothing but the package.
"""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import sys

TOO_LONG = {"dtanalytics.plots.album"}
"""It draws every picture in one example; the functions that draw them have examples of their own."""


def main() -> int:
    """Print how many examples were tried, and return how many failed."""
    import dtanalytics

    names = [found.name for found in pkgutil.walk_packages(dtanalytics.__path__, "dtanalytics.")]
    modules = [
        importlib.import_module(name)
        for name in names
        if not name.endswith("__main__") and name not in TOO_LONG
    ]
    results = [doctest.testmod(module) for module in (dtanalytics, *modules)]
    print(f"{sum(result.attempted for result in results)} examples")
    return sum(result.failed for result in results)


if __name__ == "__main__":
    sys.exit(min(main(), 1))
