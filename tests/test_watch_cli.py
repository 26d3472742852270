"""The command that runs every hour: what it writes, how it ends, and what leaves the machine."""

import json

import pandas as pd
import pytest
import requests
from click.testing import CliRunner
from watched_calls import quiet

import dtanalytics as dta
from dtanalytics.cli.commands import main

HOOK = "https://chat.example.com/hooks/s3cret"
NOW = "2026-03-20 09:30"


@pytest.fixture
def calls(monkeypatch):
    """Calls that a load would give; an affiliate of a hostile name stops on the 15th."""
    calls = quiet(1).assign(sid=lambda made: made.index.astype(str), caller_id="2125550101")
    names = {"A2": "<!channel> @here & <script>"}
    calls["affiliate"] = calls["affiliate"].astype(str).replace(names).astype("category")
    gone = (calls["affiliate"] == names["A2"]) & (calls["call_date"] >= "2026-03-15")
    calls = calls[~gone]
    asked = []

    def load(start, end, **options):
        asked.append((str(start), str(end), options))
        return calls[calls["call_date"].between(start, end, inclusive="left")]

    monkeypatch.setattr(dta, "load_leadflow", load)
    monkeypatch.delenv("DTANALYTICS_WEBHOOK", raising=False)
    load.asked = asked
    return load


@pytest.fixture
def posted(monkeypatch):
    """What was sent, to whom and how; `answer` is the status of the answer."""
    sent = []

    def send(_session, request, **options):
        sent.append((request.url, json.loads(request.body), options))
        answer = requests.Response()
        answer.status_code, answer.url = send.answer, request.url
        return answer

    send.answer = 200
    monkeypatch.setattr(requests.Session, "send", send)
    sent.append(send)
    return sent


def run(*arguments):
    return CliRunner().invoke(main, ["watch", "--now", NOW, *arguments])


def test_calm_ends_with_0_and_an_alarm_with_3(calls):
    calm = CliRunner().invoke(main, ["watch", "--now", "2026-03-14 12:00"])
    alarm = run()

    assert (calm.exit_code, alarm.exit_code) == (0, 3)
    assert calm.stdout.startswith("Calm: nothing has left its past.")
    assert alarm.stdout.startswith("1 alarm, ")
    assert "call_count" in alarm.stdout
    assert calls.asked[1] == ("2026-01-04 00:00:00", "2026-03-20 09:00:00", {"set_id": None, "offline": None})


def test_json_holds_the_table_for_programs(calls):
    said = json.loads(run("--format", "json").stdout)

    (alarm,) = said["alarms"]
    assert said["calm"] is False
    assert alarm["metric"] == "call_count"
    assert (
        pd.Timestamp(alarm["since"]) <= pd.Timestamp(alarm["found"]) <= pd.Timestamp("2026-03-20 09:00-04:00")
    )
    assert alarm["amount"] < 0
    assert "at most 5%" in said["notes"][1]
    assert json.loads(CliRunner().invoke(main, ["watch", "--now", "2026-03-14", "--format", "json"]).stdout)[
        "calm"
    ]


def test_a_page_runs_and_fetches_nothing_whatever_a_name_holds(calls, tmp_path):
    done = run("--format", "html", "--out", str(tmp_path / "new" / "watch.html"))
    page = (tmp_path / "new" / "watch.html").read_text(encoding="utf-8")

    assert done.exit_code == 3
    assert "default-src 'none'" in page
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_nothing_is_sent_unless_an_address_is_given_and_something_is_wrong(calls, posted, monkeypatch):
    run()
    CliRunner().invoke(main, ["watch", "--now", "2026-03-14", "--webhook", HOOK])
    assert posted[1:] == []

    monkeypatch.setenv("DTANALYTICS_WEBHOOK", HOOK)
    done = run()

    ((url, message, options),) = posted[1:]
    assert url == HOOK
    assert options["allow_redirects"] is False
    assert "call_count 0 instead of" in message["text"]
    assert "<" not in message["text"]
    assert "@here" not in message["text"]
    assert "2125550101" not in message["text"]
    assert done.exit_code == 3
    assert "s3cret" not in done.output


@pytest.mark.parametrize(
    "address", ["http://chat.example.com/x", "chat.example.com", "https://a:b@chat.example.com/", "https://"]
)
def test_an_address_that_is_not_https_is_refused_before_anything_is_loaded(calls, posted, address):
    done = run("--webhook", address)

    assert (done.exit_code, calls.asked, posted[1:]) == (1, [], [])
    assert "no https address" in done.output
    assert address not in done.output.replace("https://chat.example.com/hooks", "")


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_chat_that_does_not_take_the_message_is_said_without_its_address(calls, posted, status):
    posted[0].answer = status
    done = run("--webhook", HOOK)

    assert done.exit_code == 1
    assert f"webhook at chat.example.com answered with status {status}" in done.output
    assert "s3cret" not in done.output


def test_a_chat_that_cannot_be_reached_is_said_without_its_address(calls, monkeypatch):
    def fail(_session, request, **_):
        raise requests.ConnectionError(f"no route to {request.url}")

    monkeypatch.setattr(requests.Session, "send", fail)
    done = run("--webhook", HOOK)

    assert done.exit_code == 1
    assert "cannot be reached (ConnectionError)" in done.output
    assert "s3cret" not in done.output


def test_people_are_no_segments_of_a_message(calls, posted):
    done = run("--by", "caller_id", "--webhook", HOOK)

    assert done.exit_code == 1
    assert "caller_id identifies people" in done.output
    assert posted[1:] == []


def test_a_file_that_cannot_be_written_is_said_and_keeps_no_alarm_from_the_chat(calls, posted, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    for place in (tmp_path / "file" / "a.html", tmp_path):
        ended = run("--out", str(place), "--webhook", HOOK)
        assert ended.exit_code == 1
        assert str(place) in ended.output
    assert len(posted) == 3  # the function, and a message each time


def test_no_calls_at_all_are_said_and_not_taken_for_a_quiet_month(calls, monkeypatch):
    monkeypatch.setattr(dta, "load_leadflow", lambda *_, **__: quiet(1, days=1).iloc[:0])
    ended = run()

    assert ended.exit_code == 0
    assert "nothing is watched" in ended.output
