"""Whatever fails, and however much a traceback prints: no secret and nobody's number is in it.

Each failure is provoked in IPython with ``%xmode Verbose``, which prints the variables of every frame. The
service quotes the keys that it was sent, and a caller, wherever it can.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

SECRETS = {
    "DIALOGTECH_ACCESS_KEY": "AKfedcba9876543210",
    "DIALOGTECH_SECRET_ACCESS_KEY": "SKsecretsecretsecret42",
    "DIALOGTECH_API_KEY": "XKratelimitratelimit7",
    "DIALOGTECH_BID_TOKEN": "BTtokentokentokentoken",
}
NUMBER, NAME = "2125550147", "Wilhelmina"
CALL = {"sid": "1", "caller_id": NUMBER, "ani": NUMBER, "first_name": NAME}

SCRIPT = """
import json, os, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_line_magic("xmode", "Verbose")
shell.run_line_magic("colors", "nocolor")
shell.run_cell("import dtanalytics as dta")
for name, load, variables in json.loads(sys.argv[1]):
    os.environ.update(variables)
    print("CASE", name)
    result = shell.run_cell(f"dta.{load}('2026-10-05', progress=False)")
    print("RAISED", type(result.error_in_exec).__module__, type(result.error_in_exec).__name__)
"""


class Echo(BaseHTTPRequestHandler):
    """Answers as the address says, and repeats what it was sent."""

    def do_GET(self):
        said = " ".join([*self.headers.values(), NUMBER, NAME])
        kind = self.path.split("?")[0].split("/")[1]
        status, body, headers = 200, said, {}
        if kind.isdigit():
            status, body = int(kind), json.dumps({"message": said})
        elif kind == "redirect":
            status, headers = 302, {"Location": f"https://{NUMBER}.example/?{said.replace(' ', '+')}"}
        elif kind == "records":
            body = json.dumps([{**CALL, "call_date": said, "date_added": said}])
        elif kind == "cut":
            body = json.dumps([CALL])[:-5]
        elif kind == "range":
            body, headers = (
                json.dumps([CALL | {"date_added": "2026-10-05 09:00:00"}]),
                {"Content-Range": f"records {said}"},
            )
        elif kind == "refusal":
            body = json.dumps({"message": said, "response": []})
        elif kind == "hang":
            self.server.over.wait(30)
            return
        self.send_response(status)
        for name, value in {"X-Echo": said, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def address():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.over = threading.Event()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.over.set()
    server.shutdown()


KINDS = [
    "401",
    "403",
    "404",
    "429",
    "500",
    "redirect",
    "text",
    "records",
    "cut",
    "range",
    "refusal",
    "hang",
    "bad key",
]


LOADS = ["load_leadflow", "load_bids"]


def variables(address: str, kind: str) -> dict[str, str]:
    """What is set for one failure; a bad key has a line feed inside."""
    bad = kind == "bad key"
    return {
        **{name: f"{key}\n{key}" if bad else key for name, key in SECRETS.items()},
        "DTANALYTICS_LEADFLOW_URL": f"{address}/{kind.replace(' ', '')}",
        "DTANALYTICS_BIDS_URL": f"{address}/{kind.replace(' ', '')}",
    }


@pytest.fixture(scope="module")
def printed(address, tmp_path_factory) -> dict[str, str]:
    """What one session of IPython prints for each failure, by its name."""
    home = tmp_path_factory.mktemp("home")
    cases = [(f"{kind}-{load}", load, variables(address, kind)) for kind in KINDS for load in LOADS]
    environment = {
        **os.environ,
        "DTANALYTICS_REQUESTS_PER_MINUTE": "0",
        "DTANALYTICS_DEADLINE": "1",
        "DTANALYTICS_CACHE_DIR": str(home / "cache"),
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(cases)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
        encoding="utf-8",
    )
    parts = done.stdout.split("CASE ")[1:]
    return dict(part.split("\n", 1) for part in parts)


@pytest.mark.parametrize("load", LOADS)
@pytest.mark.parametrize("kind", KINDS)
def test_no_secret_and_no_number_is_in_a_verbose_traceback(printed, kind, load):
    text = printed[f"{kind}-{load}"]

    assert "RAISED dtanalytics.errors" in text, text
    assert "settings" in text
    shown = [word for word in (*SECRETS.values(), NUMBER, NAME) if word in text]
    assert shown == [], "\n".join(line for line in text.splitlines() if any(word in line for word in shown))
