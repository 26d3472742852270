"""JupyterLab on a port of this machine, and a script that drives it in Chromium."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[1]
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NODE = shutil.which("node")
PLAYWRIGHT = ROOT / "build" / "browser" / "node_modules" / "playwright-core" / "index.js"
SHOTS = ROOT / "build" / "screenshots"
TOKEN = "only-on-loopback"  # noqa: S105 - a server of this test alone
READY = bool(BROWSER and NODE and PLAYWRIGHT.exists())


def drive(folder: Path, script: str, *arguments: object) -> dict:
    """Start JupyterLab in a folder, let ``tests/browser/<script>`` drive it, and return what it saw."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    settings = folder / "config" / "labconfig" / "page_config.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        '{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}', encoding="utf-8"
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lab = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    command += [f"--port={port}", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}"]
    environment = {
        **os.environ,
        "HOME": str(folder),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
    }
    for quiet in ("CI", "PYTEST_VERSION"):  # a person sits at this one
        environment.pop(quiet, None)
    log = folder / "lab.log"
    with (
        log.open("w") as sink,
        subprocess.Popen(command, env=environment, stdout=sink, stderr=sink) as server,
    ):
        try:
            _wait_for(f"{lab}/api?token={TOKEN}", server)
            parts = [NODE, ROOT / "tests" / "browser" / script, PLAYWRIGHT, BROWSER, lab, TOKEN, SHOTS]
            done = subprocess.run(
                [str(part) for part in (*parts, *arguments)],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                encoding="utf-8",
            )
        finally:
            server.terminate()
    assert done.returncode == 0, done.stderr + log.read_text(encoding="utf-8")[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def _wait_for(address: str, server: subprocess.Popen) -> None:
    """Wait until the server answers; fail when it ends or takes longer than two minutes."""
    for _ in range(240):
        try:
            with urllib.request.urlopen(address):  # noqa: S310 - loopback
                return
        except OSError:
            assert server.poll() is None
            time.sleep(0.5)  # no other sign tells that it is up
    raise AssertionError(f"{address} does not answer")
