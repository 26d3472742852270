"""What a field and a report are: types, units, spellings on the wire, the schema at rest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

import pyarrow as pa

TIMEZONE = "America/New_York"
"""Time zone of both reports' times: Eastern wall clock."""
EASTERN = ZoneInfo(TIMEZONE)
"""The same zone, for times of the standard library."""

Kind = Literal["name", "text", "flag", "money", "minutes", "int8", "int32", "int64", "time", "day"]
Personal = Literal["no", "quasi", "direct"]
Version = Literal["v2", "v3"]

ARROW_TYPES: dict[Kind, pa.DataType] = {
    "name": pa.string(),
    "text": pa.string(),
    "flag": pa.bool_(),
    "money": pa.decimal128(18, 4),
    "minutes": pa.decimal128(10, 2),
    "int8": pa.int8(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "time": pa.timestamp("us", tz=TIMEZONE),
    "day": pa.date32(),
}
PANDAS_TYPES: dict[Kind, str] = {
    "name": "category",
    "text": "str",
    "flag": "boolean",
    "money": "float64",
    "minutes": "float64",
    "int8": "Int8",
    "int32": "Int32",
    "int64": "Int64",
    "time": f"datetime64[us, {TIMEZONE}]",
    "day": "datetime64[us]",
}


@dataclass(frozen=True)
class Field:
    """One column of a report.

    Attributes
    ----------
    name : str
        Canonical name: the column in every table and frame.
    kind : Kind
        Logical type. ``name`` is a label with few values, ``text`` anything else that is text.
    unit : str
        Unit of the values, empty when there is none.
    personal : {"no", "quasi", "direct"}
        ``direct`` identifies a person alone, ``quasi`` together with other fields.
    meaning : str
        What a value says.
    v2, v3 : str or None
        The vendor's spelling in that version of the service; None where it is not sent.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    personal: Personal = "no"
    v2: str | None = None
    v3: str | None = None

    @property
    def derived(self) -> bool:
        """True when the column is made at load and never sent."""
        return self.v2 is None and self.v3 is None

    @property
    def arrow(self) -> pa.DataType:
        """Arrow type at rest."""
        return ARROW_TYPES[self.kind]

    @property
    def pandas(self) -> str:
        """Dtype in a frame."""
        return PANDAS_TYPES[self.kind]


@dataclass(frozen=True)
class Report:
    """One report of the vendor: its fields, the key of a record and the time that places it."""

    name: str
    title: str
    time: str
    ambiguous: str
    fields: tuple[Field, ...]
    dropped: frozenset[str] = frozenset()
    key: str = "sid"

    def __hash__(self) -> int:
        """Reports are told apart by name."""
        return hash(self.name)

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """Canonical name -> field, in column order."""
        return {field.name: field for field in self.fields}

    @property
    def columns(self) -> list[str]:
        """Canonical names in column order."""
        return list(self.by_name)

    def wire(self, version: Version = "v2") -> dict[str, Field]:
        """Spelling on the wire -> field, for one version of the service."""
        spelled = ((getattr(field, version), field) for field in self.fields)
        return {name: field for name, field in spelled if name is not None}

    def personal(self, *levels: Personal) -> list[str]:
        """Columns that identify people; all of them when no level is named."""
        wanted = levels or ("direct", "quasi")
        return [field.name for field in self.fields if field.personal in wanted]

    @cached_property
    def schema(self) -> pa.Schema:
        """Arrow schema at rest; unit, meaning and sensitivity in the metadata of each field."""
        return pa.schema(
            [
                pa.field(
                    field.name,
                    field.arrow,
                    metadata={
                        "unit": field.unit,
                        "personal": field.personal,
                        "meaning": field.meaning,
                    },
                )
                for field in self.fields
            ],
            metadata={"dtanalytics.report": self.name, "dtanalytics.schema": self.fingerprint},
        )

    @cached_property
    def fingerprint(self) -> str:
        """Changes when a column or a type changes, so that caches of two shapes never mix."""
        shape = ";".join(f"{field.name}:{field.arrow}" for field in self.fields)
        return hashlib.sha256(f"{self.name}|{self.key}|{self.time}|{shape}".encode()).hexdigest()[:12]

    def empty(self) -> pa.Table:
        """The table of no calls."""
        return self.schema.empty_table()


def sent(
    name: str,
    kind: Kind,
    meaning: str,
    unit: str = "",
    personal: Personal = "no",
    v3: str | None = "",
) -> Field:
    """Declare a field that v2 sends under its own name, and v3 too unless said otherwise."""
    return Field(name, kind, meaning, unit, personal, v2=name, v3=name if v3 == "" else v3)


def added(name: str, kind: Kind, meaning: str, unit: str = "", personal: Personal = "no") -> Field:
    """Declare a field that only v3 sends."""
    return Field(name, kind, meaning, unit, personal, v3=name)


EXTRA = Field(
    "extra",
    "text",
    "what the schema does not know: unknown keys and values that do not parse, as JSON text",
    personal="direct",
)
