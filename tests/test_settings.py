"""A setting is right or refused with its variable's name when it is set, and no secret is ever shown."""

from __future__ import annotations

import asyncio
import copy
import pickle
import threading
import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dtanalytics as dta
from dtanalytics.cli import doctor
from dtanalytics.errors import ConfigError, DtError
from dtanalytics.settings import SECRETS, VARIABLES, Settings, current, in_force, using

KEY = "SKsecretsecretsecret42"
CREDENTIALS = sorted(SECRETS - {"mask_key"})

UNUSABLE = [
    *[
        (name, text)
        for name in CREDENTIALS
        for text in (f"{KEY}\nmore", f"{KEY}\rmore", f"{KEY} more", f"{KEY}\0", f"{KEY}\x7f", f"{KEY}Ж", f"{KEY}\u200bx", f"'{KEY}'")
    ],
    ("mask_key", f"{KEY}\nmore"),
    *[("bids_timezone", text) for text in ("US/East", "Eastern", "../etc/passwd", "America", "x" * 9999, "\0", "EDT")],
    *[("requests_per_minute", text) for text in ("nan", "inf", "1e9", "0.5", "-1", "1e999", "٣", "1,000", "1_000", "many", "0x10")],
    *[("settle_days", text) for text in ("99999999", "-1", "7.5", "nan", "seven", "1e99", "\u0667")],
    *[("deadline", text) for text in ("0", "-5", "nan", "inf", "1e9", "5 min")],
    *[("offline", text) for text in ("maybe", "2", "nein", "-1")],
    *[
        (name, text)
        for name in ("leadflow_url", "bids_url")
        for text in (
            "https://host:99999/x", "https://host:0/x", "https://host:x/", "https://", "https:///path", "https://[::1/x",
            "https://[zz]/x", "https://user@host/x", "https://user:pw@host/x", "https://host/x?key=1", "https://host/x#y",
            "https://ho st/x", "https://host/a\nb", "https://host\\@other/x", "http://host/x", "host", "ftp://host/x",
            "https://host:/x", "https://-host/x", "https://hoßt/x", "javascript:alert(1)", "https://@host/",
        )
    ],
    *[("cache_dir", text) for text in ("calls", "./calls", "$NOT_SET/calls", "~nobody_of_that_name/x", "/" + "x" * 5000, "/a/\0b")],
]  # fmt: skip


def everything(error):
    """All that a traceback of any verbosity can print of the package's frames."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame for frame in told.stack if "/dtanalytics/" in frame.filename]
    return f"{error!r} {error.__cause__!r}" + "".join(f"{frame.locals}" for frame in frames)


@pytest.mark.parametrize(("name", "text"), UNUSABLE)
def test_what_cannot_be_used_is_refused_when_it_is_set_with_the_variable_named(
    name, text, monkeypatch, tmp_path
):
    """From the environment (where it can hold it), from .env, as an argument, and in a copy when it is used."""
    makers = [lambda: Settings(**{name: text}), lambda: Settings().model_copy(update={name: text}).checked()]
    if "\0" not in text:
        makers.append(lambda: (monkeypatch.setenv(VARIABLES[name], text), Settings())[1])
    for make in makers:
        if name == "cache_dir" and text in {"calls", "./calls"} and make is not makers[-1]:
            continue
        with pytest.raises(ConfigError, match=VARIABLES[name]) as caught:
            make()
        assert KEY not in str(caught.value) + repr(caught.value)
        assert len(str(caught.value)) < 400
    monkeypatch.delenv(VARIABLES[name], raising=False)
    if "\n" not in text and "\r" not in text and "\0" not in text and "'" not in text and "#" not in text:
        Path(".env").write_text(f"{VARIABLES[name]}='{text}'\n", encoding="utf-8")
        with pytest.raises(ConfigError, match=VARIABLES[name]) as caught:
            Settings()
        assert KEY not in everything(caught.value)


def test_a_key_that_cannot_be_used_is_in_no_variable_of_a_traceback(monkeypatch):
    monkeypatch.setenv("DIALOGTECH_API_KEY", f"{KEY} more")
    with pytest.raises(ConfigError) as caught:
        dta.load_leadflow("2026-10-05")
    assert KEY not in everything(caught.value)

    monkeypatch.delenv("DIALOGTECH_API_KEY")
    held = Settings().model_copy(update={"bid_token": f"{KEY}\nmore"})
    assert KEY not in repr(held)
    with pytest.raises(ConfigError) as caught:
        dta.load_bids("2026-10-05", settings=held)
    assert KEY not in everything(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        *[("offline", text, True) for text in ("yes", "1", "on", " true ", "TRUE", "Y", "t")],
        *[("offline", text, False) for text in ("no", "0", "off", " False", "n", "f")],
        ("requests_per_minute", " 100 ", 100.0),
        ("requests_per_minute", "0", 0.0),
        ("requests_per_minute", "1e3", 1000.0),
        ("settle_days", "14", 14),
        ("settle_days", "7.0", 7),
        ("deadline", "0.5", 0.5),
        ("bids_timezone", " America/Chicago\n", "America/Chicago"),
        ("leadflow_url", " https://Host.example:8443/x/ ", "https://Host.example:8443/x"),
        ("leadflow_url", "http://[::1]:8080", "http://[::1]:8080"),
        ("bids_url", "http://localhost:1", "http://localhost:1"),
    ],
)
def test_a_setting_is_read_as_it_was_meant(name, text, value, monkeypatch):
    monkeypatch.setenv(VARIABLES[name], text)

    assert getattr(Settings(), name) == value


@pytest.mark.parametrize("name", [*CREDENTIALS, "mask_key"])
@pytest.mark.parametrize("around", ["{}\n", " {}", "\t{}\r\n", "\ufeff{}"])
def test_white_space_around_a_key_is_taken_off(name, around, monkeypatch):
    monkeypatch.setenv(VARIABLES[name], around.format(KEY))

    assert getattr(Settings(), name).get_secret_value() == KEY


def test_an_empty_variable_is_not_set(monkeypatch):
    for variable in VARIABLES.values():
        monkeypatch.setenv(variable, " \n")
    Path(".env").write_text("DTANALYTICS_SETTLE_DAYS=3\nDTANALYTICS_DEADLINE=\n", encoding="utf-8")

    assert Settings().settle_days == 3
    assert Settings().deadline == 300
    with pytest.raises(ConfigError, match="DIALOGTECH_BID_TOKEN"):
        Settings().require("bid_token")


def test_variables_of_other_programs_are_not_taken_for_settings(monkeypatch):
    for name in ("ACCESS_KEY", "DEADLINE", "OFFLINE", "access_key", "api_key"):
        monkeypatch.setenv(name, "1")

    assert not Settings().offline
    assert Settings().deadline == 300
    assert Settings().access_key is None


def test_a_wrong_name_is_answered_with_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'cache_dir'"):
        Settings(cachedir="/x")
    with pytest.raises(ConfigError, match="did you mean 'cache_dir'"):
        Settings().model_copy(update={"cachedir": "/x"})


def test_an_unknown_zone_is_answered_with_the_nearest():
    with pytest.raises(ConfigError, match=r"DTANALYTICS_BIDS_TIMEZONE.*did you mean 'US/Eastern'"):
        Settings(bids_timezone="US/East")
    with pytest.raises(ConfigError, match="write 'America/New_York'"):
        Settings(bids_timezone="america/new_york")


# -- the .env file ---------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_read_however_it_was_saved(encoding):
    Path(".env").write_text("DIALOGTECH_API_KEY=a${HOME}$b\nDTANALYTICS_OFFLINE=yes\n", encoding=encoding)

    assert Settings().api_key.get_secret_value() == "a${HOME}$b"
    assert Settings().offline


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"A=\xe9\xff", b"x" * (2 << 20)])
def test_a_file_that_cannot_be_read_is_named(content):
    Path(".env").write_bytes(content)

    with pytest.raises(ConfigError, match=r"\.env"):
        Settings()


def test_the_environment_goes_before_the_file_and_arguments_before_both(monkeypatch):
    Path(".env").write_text("DTANALYTICS_SETTLE_DAYS=3\nDTANALYTICS_DEADLINE=30\n", encoding="utf-8")
    monkeypatch.setenv("DTANALYTICS_SETTLE_DAYS", "4")

    assert (Settings().settle_days, Settings().deadline, Settings(settle_days=5).settle_days) == (4, 30, 5)


# -- folders ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["~/calls", "$HOME/calls", "${HOME}/calls", " ~/calls\n"])
def test_the_cache_lies_below_the_home_that_was_meant(typed, monkeypatch, tmp_path):
    wanted = tmp_path / "home" / "calls"
    monkeypatch.setenv("DTANALYTICS_CACHE_DIR", typed)
    assert Settings().cache_dir == wanted

    monkeypatch.delenv("DTANALYTICS_CACHE_DIR")
    Path(".env").write_text(f"DTANALYTICS_CACHE_DIR='{typed.strip()}'\n", encoding="utf-8")
    assert Settings().cache_dir == Settings(cache_dir=typed).cache_dir == wanted
    assert Settings().model_copy(update={"cache_dir": typed}).cache_dir == wanted


def test_a_relative_argument_is_fixed_when_it_is_given(tmp_path):
    assert Settings(cache_dir="calls").cache_dir == tmp_path / "calls"


@pytest.mark.parametrize("below", ["", "/below/it"])
def test_a_cache_that_is_a_file_is_refused(below, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("DTANALYTICS_CACHE_DIR", f"{tmp_path}/file{below}")

    with pytest.raises(ConfigError, match=r"DTANALYTICS_CACHE_DIR.*it is a file"):
        Settings()


# -- where credentials go --------------------------------------------------------------------------

OTHER = "https://other.example"


@pytest.mark.parametrize(
    ("key", "address"),
    [
        *[(name, "leadflow_url") for name in ("access_key", "secret_access_key", "api_key")],
        ("bid_token", "bids_url"),
    ],
)
def test_a_key_never_goes_where_another_place_points(key, address, monkeypatch, tmp_path):
    """Each pair of places in which the key and the address can stand."""

    def settings(key_in, address_in):
        for name, place, text in ((key, key_in, KEY), (address, address_in, OTHER)):
            if place == "environment":
                monkeypatch.setenv(VARIABLES[name], text)
            else:
                monkeypatch.delenv(VARIABLES[name], raising=False)
        lines = [
            f"{VARIABLES[name]}={text}\n"
            for name, place, text in ((key, key_in, KEY), (address, address_in, OTHER))
            if place == "file"
        ]
        Path(".env").write_text("".join(lines), encoding="utf-8")
        given = {
            name: text
            for name, place, text in ((key, key_in, KEY), (address, address_in, OTHER))
            if place == "argument"
        }
        return Settings(**given)

    places = ("environment", "file", "argument")
    for key_in in places:
        for address_in in places:
            if key_in == address_in:
                assert getattr(settings(key_in, address_in), address) == OTHER
                continue
            with pytest.raises(
                ConfigError, match=rf"{VARIABLES[address]} in .*other\.example:443.*{VARIABLES[key]}"
            ) as caught:
                settings(key_in, address_in)
            assert KEY not in everything(caught.value)
            assert (str(tmp_path / ".env") in str(caught.value)) == ("file" in {key_in, address_in})


def test_a_copy_with_another_address_does_not_take_the_keys_of_the_environment(monkeypatch):
    monkeypatch.setenv("DIALOGTECH_BID_TOKEN", KEY)
    copied = Settings().model_copy(update={"bids_url": OTHER})

    with pytest.raises(
        ConfigError, match=r"DTANALYTICS_BIDS_URL in the arguments names https://other\.example"
    ):
        dta.count_bids("2026-10-05", settings=copied)


def test_the_key_pair_is_not_sent_to_an_address_of_bid_management_from_elsewhere(monkeypatch):
    """v3 takes LeadFlow's keys, which are checked where it is asked."""
    Path(".env").write_text(f"DTANALYTICS_BIDS_URL={OTHER}\nDIALOGTECH_BID_TOKEN=BT{KEY}\n", encoding="utf-8")
    monkeypatch.setenv("DIALOGTECH_ACCESS_KEY", KEY)
    monkeypatch.setenv("DIALOGTECH_SECRET_ACCESS_KEY", KEY)

    with pytest.raises(ConfigError, match="DIALOGTECH_ACCESS_KEY"):
        dta.count_bids("2026-10-05", version="v3")


def test_the_vendor_gets_keys_of_any_place(monkeypatch):
    Path(".env").write_text(
        "DTANALYTICS_LEADFLOW_URL=https://DialogtechAPIs.com:443/report/v1/leadflow/v2/history\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("DIALOGTECH_ACCESS_KEY", KEY)

    assert Settings().access_key.get_secret_value() == KEY


# -- secrets stay wrapped --------------------------------------------------------------------------


def test_no_secret_is_in_clear_in_any_form_of_the_settings():
    held = Settings(**dict.fromkeys(SECRETS, KEY))
    forms = [
        repr(held), str(held), f"{held}", f"{held!r}", repr(vars(held)), repr(held.model_dump()), held.model_dump_json(),
        repr(held.__dict__), repr(held.__repr_args__()), repr(copy.copy(held)), repr(copy.deepcopy(held)), repr(list(held)),
        repr(held.model_copy(update={"api_key": KEY})), repr(held.checked()), repr(held.__pydantic_private__),
    ]  # fmt: skip

    assert [form for form in forms if KEY in form] == []
    assert held == copy.deepcopy(held)


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_secrets_are_not_pickled(name):
    with pytest.raises(ConfigError, match=f"{VARIABLES[name]} are not pickled"):
        pickle.dumps(Settings(**{name: KEY}))
    assert pickle.loads(pickle.dumps(Settings(settle_days=3))).settle_days == 3  # noqa: S301  # our own bytes


@pytest.mark.parametrize("value", [KEY.encode(), 12345678901234567890, [KEY], {KEY: 1}])
def test_a_key_that_is_no_text_is_refused_without_being_shown(value):
    with pytest.raises(ConfigError, match="DIALOGTECH_API_KEY: no text") as caught:
        Settings(api_key=value)
    assert KEY not in everything(caught.value)
    assert "12345678901234567890" not in everything(caught.value)


@given(st.sampled_from(sorted(VARIABLES)), st.text() | st.integers() | st.floats() | st.none() | st.binary())
def test_any_value_is_read_or_refused(name, value):
    try:
        Settings(**{name: value})
    except ConfigError as error:
        assert VARIABLES[name] in str(error)  # noqa: PT017  # what is right raises nothing


# -- in force --------------------------------------------------------------------------------------


def test_settings_in_force_are_those_of_the_thread_that_put_them_there():
    ready, seen = threading.Barrier(2), {}

    def ask(days):
        with using(Settings(settle_days=days)):
            ready.wait(10)
            seen[days] = [current().settle_days for _ in range(100)]
            ready.wait(10)

    threads = [threading.Thread(target=ask, args=(days,)) for days in (3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {3: [3] * 100, 4: [4] * 100}
    assert current().settle_days == 7


def test_tasks_that_take_turns_keep_their_own_settings():
    async def ask(days):
        with using(Settings(settle_days=days)):
            await asyncio.sleep(0)
            in_thread = await asyncio.to_thread(lambda: current().settle_days)
            return current().settle_days, in_thread

    async def both():
        return await asyncio.gather(ask(3), ask(4))

    assert asyncio.run(both()) == [(3, 3), (4, 4)]


def test_two_accounts_in_two_threads_bring_each_its_own_calls(october, tmp_path):
    from dtanalytics.demo import settings_for
    from dtanalytics.emulator import Emulator, generate

    other = generate(leadflow=300, bids=10, start="2026-10-01", end="2026-10-08", seed=77)
    loads = {}
    with Emulator(october) as one, Emulator(other) as two:

        def load(name, service):
            for turn in range(6):
                with using(settings_for(service, tmp_path / f"{name}{turn}")):
                    frame = dta.load_leadflow("2026-10-05", progress=False)
                    loads[name, turn] = service.compare("leadflow", frame, "2026-10-05", "2026-10-06").exact

        threads = [threading.Thread(target=load, args=item) for item in (("one", one), ("two", two))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(loads) == 12
    assert all(loads.values())


def test_a_started_demo_is_in_force_in_other_contexts_and_threads_until_it_is_stopped():
    """A notebook runs each cell in a context of its own."""
    import contextvars

    before = current()
    demo = contextvars.Context().run(dta.demo().start)
    seen = []
    try:
        thread = threading.Thread(target=lambda: seen.append(current()))
        thread.start()
        thread.join()
        seen.append(contextvars.Context().run(current))
        seen.append(current())
        with using(before):
            seen.append(current() == before)
    finally:
        contextvars.Context().run(demo.stop)
    assert seen == [demo.settings, demo.settings, demo.settings, True]
    assert current() == before


@pytest.mark.parametrize("given", ["text", 7, {}, Settings])
def test_settings_of_another_kind_are_refused(given):
    with pytest.raises(ConfigError, match=r"give dtanalytics\.settings\.Settings"):
        in_force(given)


# -- doctor ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"), sorted({item[0]: item for item in UNUSABLE if "\0" not in item[1]}.values())
)
def test_the_doctor_finds_each_setting_that_cannot_be_used(name, text, monkeypatch):
    monkeypatch.setenv(VARIABLES[name], text)
    found = {finding.topic: finding for finding in doctor.examine(ask=False)}

    assert found[VARIABLES[name]].ok is False
    assert KEY not in repr(found)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("DTANALYTICS_CURENCY", "DTANALYTICS_CURRENCY"),
        ("dtanalytics_cachedir", "DTANALYTICS_CACHE_DIR"),
        ("DTANALYTICS_OFLINE", "DTANALYTICS_OFFLINE"),
    ],
)
def test_a_variable_called_almost_as_a_setting_is_refused_wherever_it_stands(typed, meant, monkeypatch):
    Path(".env").write_text(f"{typed}=1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=f"{typed} in .*env is no setting; did you mean {meant}"):
        Settings()
    Path(".env").unlink()
    monkeypatch.setenv(typed, "1")
    with pytest.raises(ConfigError, match=f"{typed} in the environment is no setting; did you mean {meant}"):
        Settings()


@pytest.mark.parametrize("other", ["DTANALYTICS_DEBUG", "DTANALYTICS_TEAM", "DIALOGTECH_TOKEN"])
def test_a_variable_of_another_program_is_left_to_it(other, monkeypatch):
    monkeypatch.setenv(other, "1")

    assert Settings().offline is False


def test_the_doctor_finds_variables_that_are_no_settings_and_a_file_that_points_elsewhere(monkeypatch):
    monkeypatch.setenv("DTANALYTICS_CACHE", "x")
    monkeypatch.setenv("DIALOGTECH_BID_TOKEN", KEY)
    Path(".env").write_text(f"DTANALYTICS_BIDS_URL={OTHER}\n", encoding="utf-8")
    found = {finding.topic: finding.text for finding in doctor.examine(ask=False)}

    assert "did you mean 'DTANALYTICS_CACHE_DIR'" in found["DTANALYTICS_CACHE"]
    assert "DTANALYTICS_BIDS_URL in" in found["settings"]


@pytest.mark.parametrize("error", [ConfigError, DtError])
def test_a_setting_at_fault_is_an_error_of_the_package(error):
    with pytest.raises(error):
        Settings(offline="perhaps")


@pytest.mark.parametrize("typed", ["${OTHER}", "$DIALOGTECH_KEY", "<key>", "%KEY%", "YOUR_KEY_HERE"])
def test_a_placeholder_is_no_key(typed):
    with pytest.raises(ConfigError, match="the name of a variable or a placeholder, not a key"):
        Settings(api_key=typed)
