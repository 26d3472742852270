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
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_line_magic("xmode", "Verbose")
shell.run_line_magic("colors", "nocolor")
result = shell.run_cell(
    "import dtanalytics as dta\\n"
    "dta.{load}('2026-10-05', progress=False)\\n"
)
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


@pytest.mark.parametrize("load", ["load_leadflow", "load_bids"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_secret_and_no_number_is_in_a_verbose_traceback(address, tmp_path, kind, load):
    given = SECRETS | ({name: f"{key}\n{key}" for name, key in SECRETS.items()} if kind == "bad key" else {})
    environment = {
        **os.environ,
        **given,
        "DTANALYTICS_LEADFLOW_URL": f"{address}/{kind.replace(' ', '')}",
        "DTANALYTICS_BIDS_URL": f"{address}/{kind.replace(' ', '')}",
        "DTANALYTICS_REQUESTS_PER_MINUTE": "0",
        "DTANALYTICS_DEADLINE": "1",
        "HOME": str(tmp_path),
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.replace("{load}", load)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    printed = done.stdout + done.stderr

    assert "RAISED dtanalytics.errors" in printed, printed
    assert "settings" in printed
    shown = [text for text in (*SECRETS.values(), NUMBER, NAME) if text in printed]
    assert shown == [], "\n".join(
        line for line in printed.splitlines() if any(text in line for text in shown)
    )
