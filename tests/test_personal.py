"""What identifies people stays out of sheets, tables and masked calls, whatever was done to the frame before."""

# ruff: noqa: ARG005, PD010, PD013 - each example is a function of both reports, in any idiom
from __future__ import annotations

import json
import warnings
import zipfile

import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.text import Text

import dtanalytics as dta
from dtanalytics import exports, plots
from dtanalytics.demo import sample_file
from dtanalytics.errors import InputError, PersonalDataWarning
from dtanalytics.mask import MASKED, is_masked, mask
from dtanalytics.reports import table

PEOPLE = ["2125550142", "3105550167", "6175550193", "4155550118"]
CALLS = pd.DataFrame(
    {
        "sid": ["2610010000000001", "2610010000000002", "2610010000000003", "2610010000000004"],
        "call_date": pd.to_datetime(["2026-10-01 09:00"] * 4).tz_localize("America/New_York").as_unit("us"),
        "affiliate": pd.Categorical(["North", "South", "North", "South"]),
        "affiliate_number": ["8005550108"] * 4,
        "caller_id": PEOPLE,
        "first_name": ["Zebedee", "Quirina", "Ottokar", "Wilhelmine"],
        "last_name": ["Xylander", "Quackenbush", "Zwingli", "Vandersloot"],
        "street_address": ["1519 Quagmire St", "906 Zinfandel St", "1972 Xerxes Ave", "62 Quixote Ln"],
        "recording_link": [f"https://recordings.example.com/{n}.mp3" for n in range(4)],
        "offer_price": [20.0, 30.0, 40.0, 50.0],
        "offer_qualified": pd.array([True, True, False, True], "boolean"),
        "extra": [json.dumps({"email": "zeb@example.com"}), None, None, None],
    }
)
BIDS = pd.DataFrame(
    {
        "sid": CALLS["sid"],
        "ani": [f"+1 ({n[:3]}) {n[3:6]}-{n[6:]}" for n in PEOPLE],
        "first_name": CALLS["first_name"],
        "ip_address": ["198.51.100.52", "198.51.100.95", "2001:db8::17", "192.0.2.229"],
        "recording": CALLS["recording_link"],
        "adwords_campaign_id": ["2125550199", "3105550110", "2125550199", "3105550110"],
    }
)
SECRETS = [
    *PEOPLE,
    *(f"{n[:3]}-{n[3:6]}-{n[6:]}" for n in PEOPLE),
    *(f"{n[3:6]}-{n[6:]}" for n in PEOPLE),
    *CALLS["first_name"],
    *CALLS["last_name"],
    *(street.split()[1] for street in CALLS["street_address"]),
    "recordings.example.com",
    "zeb@example.com",
    *BIDS["ip_address"],
]

FRAMES = {
    "as loaded": lambda c, b: c,
    "bids": lambda c, b: b,
    "renamed Caller ID": lambda c, b: c.rename(columns={"caller_id": "Caller ID"}),
    "renamed callerId": lambda c, b: c.rename(columns={"caller_id": "callerId", "first_name": "firstName"}),
    "renamed CALLER-ID": lambda c, b: c.rename(columns=lambda name: name.upper().replace("_", "-")),
    "renamed Caller's number": lambda c, b: c.rename(columns={"caller_id": "Caller's number"}),
    "renamed to nothing known": lambda c, b: c.rename(columns={"caller_id": "who", "recording_link": "where"}),
    "renamed to a label": lambda c, b: c.drop(columns="affiliate").rename(columns={"caller_id": "affiliate"}),
    "renamed to a keyword": lambda c, b: c.rename(columns={"caller_id": "vt_keyword"}),
    "merged": lambda c, b: c.merge(b, on="sid"),
    "merged with suffixes": lambda c, b: c.merge(b, on="sid", suffixes=("_lf", "_bm")),
    "merged three times": lambda c, b: c.merge(b, on="sid").merge(c, on="sid", suffixes=("", "_2")).merge(b, on="sid", suffixes=("_l", "_r")),
    "prefixed": lambda c, b: c.add_prefix("left."),
    "joined": lambda c, b: c.set_index("sid").join(b.set_index("sid"), suffixes=("", "_bids")),
    "index": lambda c, b: c.set_index("caller_id"),
    "index of two": lambda c, b: c.set_index(["affiliate", "caller_id"])[["offer_price"]],
    "index of an unknown name": lambda c, b: c.set_index("caller_id").rename_axis("key")[["offer_price"]],
    "index without a name": lambda c, b: c.set_index("caller_id").rename_axis(None)[["offer_price"]],
    "index of names": lambda c, b: c.set_index("last_name")[["offer_price"]],
    "grouped": lambda c, b: c.groupby("caller_id")[["offer_price"]].sum(),
    "grouped and reset": lambda c, b: c.groupby("caller_id")["offer_price"].sum().reset_index(name="worth"),
    "counted": lambda c, b: c["caller_id"].value_counts(),
    "counted and reset": lambda c, b: c["first_name"].value_counts().reset_index(),
    "first of each": lambda c, b: c.groupby("affiliate", observed=True).agg({"caller_id": ["first", "nunique"], "last_name": "first"}),
    "named aggregate": lambda c, b: c.groupby("affiliate", observed=True).agg(first=("caller_id", "first"), n=("sid", "size")),
    "lists": lambda c, b: c.groupby("affiliate", observed=True).agg(callers=("caller_id", list)),
    "sets": lambda c, b: c.groupby("affiliate", observed=True)["caller_id"].agg(set).rename("them"),
    "records": lambda c, b: pd.DataFrame({"sid": c["sid"], "raw": c.drop(columns="call_date").to_dict("records")}),
    "JSON": lambda c, b: pd.DataFrame({"sid": c["sid"], "raw": [json.dumps({"first_name": name}) for name in c["first_name"]]}),
    "pivoted": lambda c, b: c.pivot_table(index="affiliate", columns="caller_id", values="offer_price", observed=True),
    "pivoted on numbers": lambda c, b: c.assign(n=c["caller_id"].astype(int)).pivot_table(index="affiliate", columns="n", values="offer_price", observed=True).rename_axis(columns=None),
    "pivoted and reset": lambda c, b: c.pivot_table(index="affiliate", columns="caller_id", values="offer_price", observed=True).reset_index().rename_axis(columns=None),
    "pivoted on names": lambda c, b: c.pivot_table(index="affiliate", columns="first_name", values="offer_price", observed=True),
    "pivoted on two": lambda c, b: c.pivot_table(index="sid", columns=["affiliate", "caller_id"], values="offer_price", observed=True),
    "unstacked": lambda c, b: c.set_index(["sid", "caller_id"])["offer_price"].unstack(),
    "crossed": lambda c, b: pd.crosstab(c["affiliate"], c["last_name"]),
    "melted": lambda c, b: c.drop(columns="call_date").melt(id_vars="sid"),
    "melted names": lambda c, b: c.melt(id_vars="sid", value_vars=["first_name", "last_name"]),
    "stacked": lambda c, b: c.set_index("sid")[["first_name", "street_address"]].stack(),
    "transposed": lambda c, b: c.set_index("sid")[["caller_id", "last_name", "affiliate"]].T,
    "described": lambda c, b: c.describe(include="all"),
    "described, transposed": lambda c, b: c[["first_name", "last_name", "affiliate"]].describe().T,
    "numbers": lambda c, b: c.assign(caller_id=c["caller_id"].astype(int)).rename(columns={"caller_id": "n"}),
    "floats": lambda c, b: c.assign(dialled=c["caller_id"].astype(float)),
    "text of floats": lambda c, b: c.assign(dialled=c["caller_id"] + ".0"),
    "E notation": lambda c, b: c.assign(dialled=[f"{float(n):.9E}" for n in c["caller_id"]]),
    "nullable": lambda c, b: c.assign(dialled=c["caller_id"].astype("int64").astype("Int64")),
    "Arrow": lambda c, b: c.assign(dialled=c["caller_id"].astype("string[pyarrow]")),
    "Arrow numbers": lambda c, b: c.assign(dialled=c["caller_id"].astype("int64").astype("int64[pyarrow]")),
    "category": lambda c, b: c.assign(dialled=c["caller_id"].astype("category")),
    "objects": lambda c, b: c.assign(dialled=pd.Series([int(PEOPLE[0]), PEOPLE[1], None, float(PEOPLE[3])], dtype=object)),
    "one among many": lambda c, b: c.assign(note=["none", "asked twice", "call back 212-555-0142", ""]),
    "sentences": lambda c, b: c.assign(note="from " + c["caller_id"] + ", a good lead"),
    "links with numbers": lambda c, b: c.assign(page="https://x.example/thanks?ani=" + c["caller_id"]),
    "whole names": lambda c, b: c.assign(**{"Full name": c["first_name"] + " " + c["last_name"]}),
    "a copy": lambda c, b: c.assign(lead=c["first_name"]),
    "sip": lambda c, b: c.assign(source="sip:+1" + c["caller_id"] + "@10.0.0.1"),
    "e-mail": lambda c, b: c.assign(contact=["zeb@example.com", None, "", None]),
    "IP addresses": lambda c, b: c.assign(visitor=b["ip_address"]),
    "a series of callers": lambda c, b: c["caller_id"],
    "a series of names": lambda c, b: c["last_name"],
    "two of one name": lambda c, b: pd.concat([c[["caller_id", "offer_price"]], c[["caller_id"]]], axis=1),
    "duplicated header": lambda c, b: pd.concat([c[["sid"]].set_axis(["x"], axis=1), c[["caller_id"]].set_axis(["x"], axis=1)], axis=1),
    "caller as a header": lambda c, b: pd.DataFrame({"affiliate": ["North"], PEOPLE[0]: [1]}),
    "caller in a tuple": lambda c, b: pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("calls", PEOPLE[0]), ("calls", "all")])),
}  # fmt: skip


def written(path) -> str:
    return path.read_bytes().decode("utf-8-sig")


def unzipped(path) -> str:
    with zipfile.ZipFile(path) as archive:
        return " ".join(archive.read(name).decode() for name in archive.namelist() if "xml" in name)


def leaked(text: str) -> list[str]:
    return [secret for secret in dict.fromkeys(SECRETS) if secret in text]


@pytest.fixture(params=FRAMES.values(), ids=FRAMES)
def frame(request):
    made = request.param(CALLS.copy(), BIDS.copy())
    assert leaked(made.to_csv())  # else the example would show nothing
    return made


@pytest.mark.filterwarnings("ignore::dtanalytics.errors.PersonalDataWarning")
def test_no_person_is_in_a_csv(frame, tmp_path):
    assert leaked(written(exports.to_csv(frame, tmp_path / "a.csv"))) == []


@pytest.mark.filterwarnings("ignore::dtanalytics.errors.PersonalDataWarning")
def test_no_person_is_in_a_sheet(frame, tmp_path):
    assert leaked(unzipped(exports.to_excel(frame, tmp_path / "a.xlsx"))) == []


def test_no_person_is_in_a_table(frame):
    shown = table(frame)

    assert leaked(shown._repr_html_() + repr(shown) + shown.frame.to_csv()) == []


@pytest.mark.filterwarnings("ignore::dtanalytics.errors.PersonalDataWarning")
def test_no_person_is_in_masked_calls(frame):
    calls = frame.to_frame() if isinstance(frame, pd.Series) else frame
    masked = mask(calls, key="k")
    hidden = [
        list(masked.iloc[:, i].cat.categories)
        for i in range(masked.shape[1])
        if isinstance(masked.dtypes.iloc[i], pd.CategoricalDtype)
    ]

    assert leaked(f"{masked.to_csv()} {hidden} {masked.attrs}") == []
    assert masked.shape == calls.shape


LOADED = {
    "leadflow": lambda: dta.read_leadflow(sample_file("leadflow")).head(2000),
    "bids": lambda: dta.read_bids(sample_file("bids")).head(2000),
    "joined": lambda: dta.join_calls(
        dta.read_leadflow(sample_file("leadflow")).head(2000), dta.read_bids(sample_file("bids")).head(2000)
    ),
}


@pytest.mark.parametrize("load", LOADED.values(), ids=LOADED)
def test_of_loaded_calls_only_what_the_schema_calls_personal_is_left_out(load, tmp_path):
    calls = load()
    direct = {
        "caller_id",
        "ani",
        "first_name",
        "last_name",
        "street_address",
        "recording_link",
        "recording",
        "ip_address",
        "extra",
    }

    header = written(exports.to_csv(calls, tmp_path / "a.csv")).splitlines()[0].split(",")

    assert header == [name for name in calls.columns if name.removeprefix("bid_") not in direct]


NOBODY = {
    "campaigns": pd.DataFrame({"campaign": ["2125550199", "3105550110"], "ad_group_id": ["6175550193", "2125550142"]}),
    "paths of keywords": pd.DataFrame({"path": ["2125550199", "2125550199 > 3105550110", "8005550108 > 6175550193"]}),
    "campaigns after a merge": pd.DataFrame({"adwords_campaign_id_x": ["2125550199"], "dnis_y": ["8005550108"]}),
    "tracking numbers": pd.DataFrame({"affiliate_number_lf": ["8005550108"], "transfer_number": ["8885550102"]}),
    "long sids": pd.DataFrame({"call": ["2609010000000000", "2609016180339887"]}),
    "ZIP codes": pd.DataFrame({"area": ["02134", "98101"], "plus": ["02134-1234", "98101-4321"]}),
    "seconds since 1970": pd.DataFrame({"at": [1_759_687_985, 1_759_700_000], "at_ms": [1_759_687_985_123, 1_759_700_000_456]}),
    "days as numbers": pd.DataFrame({"day": [20261005, 20261006]}),
    "counts of callers": pd.DataFrame({"caller_count": [3, 4], "caller_id_nunique": [3, 4], "first_name_count": [1, 2]}),
    "money": pd.DataFrame({"revenue": [3_308_589_200.25, 12.5], "margin": [-1.0, 2.0]}),
    "links to pages": pd.DataFrame({"page": ["https://roofing.example.com/quote?utm_source=google&kw=new+roof"]}),
    "clock times": pd.DataFrame({"from": ["09:00:00", "12:30:15"], "version": ["3.11.7", "26.10"]}),
    "versions": pd.DataFrame({"browser_version": ["120.0.6099.109", "17.5.1.2"]}),
    "the dictionary": dta.fields(),
    "the metrics": dta.metrics(),
    "counts by state": pd.DataFrame({"n": [3]}, index=pd.Index(["MA"], name="lf_state")),
}  # fmt: skip


@pytest.mark.parametrize("frame", NOBODY.values(), ids=NOBODY)
def test_what_is_of_nobody_is_written_whole(frame, tmp_path):
    header = written(exports.to_csv(frame, tmp_path / "a.csv")).splitlines()[0].split(",")

    assert header == [name for name in [frame.index.name, *frame.columns] if name is not None]


def test_what_looks_personal_is_left_out_with_a_word_and_kept_by_name(tmp_path):
    orders = pd.DataFrame({"order": [2125550142, 3105550167], "price": [1.5, 2.5]})

    with pytest.warns(PersonalDataWarning, match=r"'order' \(telephone numbers\); include= names"):
        left = written(exports.to_csv(orders, tmp_path / "a.csv"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kept = written(exports.to_csv(orders, tmp_path / "a.csv", include="order"))

    assert left.splitlines()[0] == "price"
    assert kept.splitlines() == ["order,price", "2125550142,1.5", "3105550167,2.5"]


def test_no_warning_and_no_note_quotes_a_caller(tmp_path):
    frame = pd.DataFrame({"affiliate": ["North"], PEOPLE[0]: [1], "who": [PEOPLE[1]]})
    with pytest.warns(PersonalDataWarning) as said:
        exports.to_csv(frame, tmp_path / "a.csv")

    assert leaked(str(said[0].message)) == leaked(table(frame).note) == []
    assert "'who'" in table(frame).note


@pytest.mark.parametrize(
    ("frame", "include", "shown"),
    [
        (CALLS.rename(columns={"caller_id": "Caller ID"}), ["Caller ID"], PEOPLE[0]),
        (CALLS.set_index("caller_id")[["offer_price"]], "caller_id", PEOPLE[0]),
        (FRAMES["pivoted"](CALLS, BIDS), ["caller_id"], PEOPLE[0]),
        (FRAMES["first of each"](CALLS, BIDS), [("last_name", "first")], "Xylander"),
    ],
    ids=["renamed", "index", "columns", "tuple"],
)
@pytest.mark.filterwarnings("ignore::dtanalytics.errors.PersonalDataWarning")
def test_a_column_that_is_asked_for_by_name_is_there(frame, include, shown, tmp_path):
    assert shown in written(exports.to_csv(frame, tmp_path / "a.csv", include=include))
    assert shown in unzipped(exports.to_excel(frame, tmp_path / "a.xlsx", include=include))
    assert shown in table(frame, include=include)._repr_html_()
    assert shown in mask(frame, include=include).to_csv()


def test_a_column_of_several_tables_can_be_asked_for_where_it_is(tmp_path):
    tables = {
        "Calls": CALLS[["sid", "caller_id"]],
        "Money": CALLS[["offer_price"]],
        PEOPLE[3]: CALLS[["sid"]],
    }
    text = unzipped(exports.to_excel(tables, tmp_path / "a.xlsx", include=["caller_id"]))

    assert PEOPLE[0] in text
    assert PEOPLE[3] not in text.replace(PEOPLE[3], "", 1)  # its cell, and not the name of a sheet
    with pytest.raises(InputError, match="did you mean 'caller_id'"):
        exports.to_excel(tables, tmp_path / "b.xlsx", include=["caler_id"])


@pytest.mark.parametrize(
    "spelled",
    [
        lambda text: text.astype(float),
        lambda text: text.astype("int64"),
        lambda text: text.astype("int64").astype("Int64"),
        lambda text: text.astype("int64").astype("int64[pyarrow]"),
        lambda text: text.astype("string[pyarrow]"),
        lambda text: text.astype("category"),
        lambda text: text.astype(object),
        lambda text: text + ".0",
        lambda text: "+1 (" + text.str[:3] + ") " + text.str[3:6] + "-" + text.str[6:],
        lambda text: "1" + text,
        lambda text: "sip:+1" + text + "@10.0.0.1",
        lambda text: text + " x12",
        lambda text: pd.Series([f"{float(number):.9E}" for number in text]),
    ],
    ids=["float", "int", "Int64", "Arrow int", "Arrow text", "category", "object", "text of floats", "written out", "with 1", "sip", "extension", "E notation"],
)  # fmt: skip
def test_a_number_has_one_pseudonym_in_every_spelling_and_dtype(spelled):
    plain = mask(CALLS, key="k")["caller_id"]
    other = mask(CALLS.assign(caller_id=spelled(CALLS["caller_id"])), key="k")["caller_id"]

    assert other.astype("str").tolist() == plain.tolist()
    assert plain.nunique() == 4


def test_masked_calls_are_known_by_their_mark_and_after_a_way_through_csv(tmp_path):
    masked = mask(CALLS, key="k")
    path = exports.to_csv(masked, tmp_path / "a.csv")
    back = pd.read_csv(path, dtype={"sid": "str"})

    assert MASKED in masked.attrs
    assert is_masked(masked)
    assert back["caller_id"].tolist() == masked["caller_id"].tolist()
    assert is_masked(back)
    assert not is_masked(CALLS)


def test_masking_what_is_masked_changes_nothing_more():
    once = mask(CALLS.merge(BIDS.drop(columns="first_name"), on="sid").drop(columns="call_date"), key="k")

    pd.testing.assert_frame_equal(mask(once, key="another"), once)


def test_a_masked_category_keeps_no_name_and_attributes_keep_no_sample():
    calls = CALLS.assign(caller_id=CALLS["caller_id"].astype("category"))
    calls.attrs = {
        "sample": calls.head(1),
        "first": {"caller_id": PEOPLE[0]},
        "who": [PEOPLE[1], 7],
        "account": {"match": {"rate": 0.5}},
    }
    masked = mask(calls, key="k")

    assert leaked(repr(masked["caller_id"].cat.categories.tolist())) == []
    assert masked.attrs["account"] == {"match": {"rate": 0.5}}
    assert leaked(repr(masked.attrs)) == []


MANY = pd.concat(
    [CALLS.assign(call_date=CALLS["call_date"] + pd.Timedelta(days=day), sid=CALLS["sid"] + str(day)) for day in range(20)]
).assign(
    affiliate_qualified=True, affiliate_price=10.0, lead_status="Connected", talk_seconds=pd.array([90] * 80, "Int32"),
    total_seconds=pd.array([100] * 80, "Int32"), affiliate_cap=False, offer="Roofing", advertiser="Acme",
)  # fmt: skip
PICTURES = {
    "margin": lambda by: plots.margin_bars(MANY.calls.margin(by)),
    "qualification": lambda by: plots.qualification_rates(MANY.calls.qualification(by)),
    "trend": lambda by: plots.trend(MANY.calls.trend("D", by)),
    "survival": lambda by: plots.survival(MANY.calls.survival(by)),
    "bridge": lambda by: plots.waterfall(MANY[40:].calls.bridge(MANY[:40], by), over="segments"),
    "changes": lambda by: plots.changes(MANY[40:].calls.compare(MANY[:40], by)),
}


@pytest.mark.parametrize("by", ["caller_id", "first_name"])
@pytest.mark.parametrize("draw", PICTURES.values(), ids=PICTURES)
def test_no_person_is_in_a_picture(draw, by):
    ax = draw(by)
    ax.figure.canvas.draw()
    texts = " ".join(text.get_text() for text in ax.figure.findobj(Text))
    plt.close(ax.figure)

    assert leaked(texts) == []
    assert "caller " in texts


def test_quality_leaves_out_what_masked_calls_do_not_show_and_says_so():
    calls = dta.read_leadflow(sample_file("leadflow")).head(3000)
    whole = calls.calls.quality()
    with pytest.warns(PersonalDataWarning, match="area_code_state, zip_code_state"):
        masked = mask(calls, key="k").calls.quality()
    with pytest.warns(PersonalDataWarning, match="sequential_callers"):
        kept = mask(calls, key="k", quasi="keep").calls.quality()

    left = {"area_code_state", "zip_code_state", "sequential_callers"}
    lengths = mask(calls, key="k", quasi="keep")["entered_zip"].dropna().str.len()
    assert lengths.max() == 5  # of whole ZIP codes none is longer
    assert set(whole["signal"]) - set(masked["signal"]) == left == set(masked.attrs["left_out"])
    assert set(whole["signal"]) - set(kept["signal"]) == left - {"zip_code_state"}
    same = ["affiliate", "signal", "observed"]
    pd.testing.assert_frame_equal(
        masked[same].sort_values(same, ignore_index=True),
        whole.loc[~whole["signal"].isin(left), same].sort_values(same, ignore_index=True),
    )


@pytest.mark.parametrize(
    "street",
    ["802 Grove St", "12 N Main St.", "1519 Dogwood Street Apt 4", "5 5th Ave", "7 O'Hara Blvd, Unit 2"],
)
def test_street_addresses_are_personal_whatever_their_column_is_called(street, tmp_path):
    calls = pd.DataFrame({"sid": ["1", "2"], "c7": [street, None]})

    with pytest.warns(PersonalDataWarning, match="c7"):
        written = dta.exports.to_csv(calls, tmp_path / "calls.csv")
    assert street not in written.read_text(encoding="utf-8-sig")
    with pytest.warns(PersonalDataWarning, match="street addresses"):
        assert calls.calls.mask(key="k")["c7"].isna().all()


@pytest.mark.parametrize(
    "text", ["24 Hour Drive-Thru", "30 Day Trial", "3 Way Calling", "Auto Prime", "1 way"]
)
def test_names_that_are_no_street_address_stay(text):
    assert pd.DataFrame({"sid": ["1"], "c7": [text]}).calls.mask(key="k")["c7"].tolist() == [text]


def test_lists_of_callers_in_a_cell_are_masked():
    calls = pd.DataFrame({"sid": ["1"], "caller_id": [["2125550101", "2125550102"]]})

    assert calls.calls.mask(key="k")["caller_id"].isna().all()


@pytest.mark.parametrize("axis", [0, 1])
def test_a_name_of_an_axis_that_is_a_caller_does_not_leave(axis, tmp_path):
    calls = pd.DataFrame({"sid": ["1", "2"], "offer_price": [20.0, 18.5]}).rename_axis(
        "2125550101", axis=axis
    )

    assert "2125550101" not in repr(calls.calls.mask(key="k"))
    assert "2125550101" not in exports.to_csv(calls, tmp_path / "calls.csv").read_text(encoding="utf-8-sig")
    assert "2125550101" not in table(calls)._repr_html_()


@pytest.mark.parametrize(
    "name",
    [
        "Lead Name",
        "clientName",
        "Vorname",
        "Pr\u00e9nom",
        "apellido",
        "SSN",
        "Date of Birth",
        "DOB_x",
        "Email Address",
    ],
)
def test_what_others_call_names_and_numbers_of_people_is_masked_and_left_out(tmp_path, name):
    frame = CALLS[["sid", "affiliate"]].assign(**{name: ["Zebedee", "Quirina", "Ottokar", "Wilhelmine"]})
    with pytest.warns(PersonalDataWarning, match="identify people"):
        text = exports.to_csv(frame, tmp_path / "calls.csv").read_text("utf-8-sig")
    assert "Quirina" not in text
    assert "Quirina" not in mask(frame, key="k").to_csv()


@pytest.mark.parametrize(
    "write",
    [
        lambda first, last: f"{first} {last} wants a quote",
        lambda first, last: f"{last}, {first}".upper(),
        lambda first, last: f"{first[0]}. {last}",
    ],
)
def test_a_name_among_other_words_of_its_row_is_a_name(tmp_path, write):
    people = [("Zebedee", "Quirl"), ("Ottokar", "Wisp"), ("Wilma", "Vane")]
    frame = pd.DataFrame({
        "sid": ["1", "2", "3"],
        "first_name": [first for first, _ in people],
        "last_name": [last for _, last in people],
        "remark": [write(*one) for one in people],
        "campaign": ["Quirl roofs", "North", "South"],
    })  # fmt: skip
    with pytest.warns(PersonalDataWarning, match="'remark'"):
        text = exports.to_csv(frame, tmp_path / "calls.csv").read_text("utf-8-sig")
    with pytest.warns(PersonalDataWarning, match="'remark'"):
        masked = mask(frame, key="k")["remark"]
    assert text.splitlines()[0] == "sid,campaign"
    assert masked.isin(frame["remark"]).sum() == 0


@pytest.mark.parametrize("write", ["{}_1", "{}-20261005", "North|{}", "a:{}"])
def test_a_number_that_is_joined_into_a_key_is_a_number(tmp_path, write):
    numbers = ["2125550101", "3105550102", "4155550103"]
    frame = pd.DataFrame({"sid": ["1", "2", "3"], "key": [write.format(one) for one in numbers]})
    with pytest.warns(PersonalDataWarning, match="'key'"):
        text = exports.to_csv(frame, tmp_path / "calls.csv").read_text("utf-8-sig")
    with pytest.warns(PersonalDataWarning, match="'key'"):
        text += mask(frame, key="k").to_csv()
    assert not any(one in text for one in numbers)


def test_identifiers_of_a_campaign_may_look_like_numbers(tmp_path):
    frame = pd.DataFrame({"sid": ["1", "2"], "campaign_key": ["2125550101_en", "3105550102_de"]})
    text = exports.to_csv(frame, tmp_path / "calls.csv").read_text("utf-8-sig")
    assert "2125550101_en" in text
