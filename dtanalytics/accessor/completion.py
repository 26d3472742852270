"""Names in quotes of ``calls.calls.margin("``, that IPython completes after ``%load_ext dtanalytics``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import reduce
from typing import Any

_CALL = re.compile(
    r"(?P<frame>[^\W\d][\w.]*)\.calls\.(?P<plot>plot\.)?(?P<method>\w+)\("
    r"(?P<before>[^()]*?)[\"'](?P<begun>[\w ]*)$"
)
_NAMED = re.compile(r"(\w+)\s*=\s*[\[(]?[^=]*$")
_OF_METRICS = frozenset({"metric", "metrics"})
_OF_COLUMNS = frozenset({"by", "columns"})


def names_for(line: str, variables: Mapping[str, Any]) -> tuple[str, list[str]]:
    """What may stand in the quotes at the end of a line, and what is already there.

    Parameters
    ----------
    line : str
        Code up to the cursor.
    variables : mapping
        The user's names. Nothing is called or computed: only names and attributes of modules are followed.

    Returns
    -------
    (str, list of str)
        The text begun, and the names: columns of the frame, frequencies, metrics, or the words that the
        argument takes. No names where the line is no such call.

    Examples
    --------
    >>> import pandas as pd
    >>> import dtanalytics
    >>> calls = pd.DataFrame({"affiliate": ["North"], "offer": ["Auto"]})
    >>> names_for('calls.calls.margin("aff', {"calls": calls})
    ('aff', ['affiliate'])
    >>> names_for('calls.calls.margin("offer", sort="', {"calls": calls})
    ('', ['name', 'value'])
    """
    found = _CALL.search(line)
    frame: Any = None if found is None else _value(found["frame"], variables)
    if found is None or not hasattr(frame, "columns") or not hasattr(frame, "calls"):
        return "", []
    methods = frame.calls.plot if found["plot"] else frame.calls
    method = getattr(type(methods), found["method"], None)
    if method is None:
        return "", []
    named = _NAMED.search(found["before"])
    known = _known(method, named[1] if named else None, found["before"], frame)
    begun = found["begun"]
    return begun, [name for name in known if name.startswith(begun)]


def _known(method: Any, argument: str | None, before: str, frame: Any) -> list[str]:
    """Names that an argument takes; without its name it is the one at that place."""
    from dtanalytics.calling.arguments import Arguments

    arguments = Arguments(method)
    if argument is None:
        closed = re.sub(r"\[[^\]]*\]", "", before)  # names in a list are one argument
        argument = arguments.at(closed.partition("[")[0].count(","))
    if argument in _OF_METRICS:
        from dtanalytics.metrics.dictionary import metrics

        return [str(name) for name in metrics()["name"]]
    if argument in _OF_COLUMNS:
        from dtanalytics.rollup.keys import HOUR_OF_DAY, WEEKDAY, WORDS

        names = [*(str(name) for name in frame.columns), *WORDS.values(), WEEKDAY, HOUR_OF_DAY]
        return list(dict.fromkeys(names))
    return arguments.words(argument)


def _value(path: str, variables: Mapping[str, Any]) -> Any:
    """Follow a name, and attributes of modules and namespaces, without running anything."""
    first, *rest = path.split(".")
    return reduce(lambda owner, name: getattr(owner, "__dict__", {}).get(name), rest, variables.get(first))


def register(shell: Any) -> None:
    """Let a shell of IPython ask for these names; once, however often it is loaded."""
    from IPython.core.completer import SimpleCompletion, context_matcher

    @context_matcher()  # type: ignore[untyped-decorator]  # IPython declares no types
    def dtanalytics_names(context: Any) -> dict[str, Any]:
        begun, names = names_for(context.text_until_cursor, shell.user_ns)
        return {
            "completions": [SimpleCompletion(text=name, type="column") for name in names],
            "matched_fragment": begun,
            "suppress": bool(names),  # files of these names are not meant
            "ordered": True,
        }

    matchers = shell.Completer.custom_matchers
    if not any(getattr(one, "__name__", "") == dtanalytics_names.__name__ for one in matchers):
        matchers.append(dtanalytics_names)
