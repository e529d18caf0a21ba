# SPDX-License-Identifier: GPL-2.0-or-later
"""A small client of the W3C WebDriver protocol: headless Chromium by chromedriver.

Only the standard library is needed. `with Browser() as b:` starts both programs on
ports of this machine and ends them again.
"""

import base64
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # key of element references, WebDriver 12.1

CHROMIUM_ARGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--force-device-scale-factor=1", "--hide-scrollbars",
]


def missing_programs():
    return [name for name in ("chromedriver", "chromium") if not shutil.which(name)]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Browser:
    def __init__(self, width=1200, height=800):
        self.size = (width, height)

    def __enter__(self):
        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        self.home = tempfile.TemporaryDirectory(prefix="pkprof-browser-")
        self.driver = subprocess.Popen(
            ["chromedriver", f"--port={port}", "--silent"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": self.home.name})
        self._wait_until_up()
        args = CHROMIUM_ARGS + [f"--window-size={self.size[0]},{self.size[1]}",
                                f"--user-data-dir={self.home.name}/profile"]
        options = {"binary": shutil.which("chromium"), "args": args}
        try:
            reply = self._call("POST", "/session", {"capabilities": {"alwaysMatch": {
                "browserName": "chrome", "goog:chromeOptions": options,
                "goog:loggingPrefs": {"browser": "ALL"}}}})
        except Exception:
            self._end_driver()
            raise
        self.session = f"/session/{reply['sessionId']}"
        return self

    def __exit__(self, *_):
        try:
            self._call("DELETE", self.session)
        finally:
            self._end_driver()

    def _end_driver(self):
        self.driver.terminate()
        self.driver.wait(timeout=20)
        self.home.cleanup()

    def _wait_until_up(self):
        for _ in range(200):
            try:
                if self._call("GET", "/status")["ready"]:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        self._end_driver()
        raise RuntimeError("chromedriver does not answer")

    def _call(self, method, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.base + path, data=data, method=method,
                                         headers={"Content-Type": "application/json"})
        # no proxy: the address is this machine
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as reply:
                return json.load(reply)["value"]
        except urllib.error.HTTPError as e:
            raise RuntimeError(json.load(e)["value"]["message"]) from None

    def open(self, path):
        self._call("POST", self.session + "/url", {"url": f"file://{path}"})

    def url(self):
        return self._call("GET", self.session + "/url")

    def run(self, script, *args):
        """Value of a function body in the page."""
        return self._call("POST", self.session + "/execute/sync",
                          {"script": script, "args": list(args)})

    def click(self, x, y):
        self._actions([
            {"type": "pointerMove", "duration": 0, "x": int(x), "y": int(y)},
            {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}])

    def move(self, x, y):
        self._actions([{"type": "pointerMove", "duration": 0, "x": int(x), "y": int(y)}])

    def _actions(self, steps):
        self._call("POST", self.session + "/actions", {"actions": [
            {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"},
             "actions": steps}]})

    def keys(self, *keys, holding=None):
        steps = [{"type": "keyDown", "value": holding}] if holding else []
        for key in keys:
            steps += [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        if holding:
            steps.append({"type": "keyUp", "value": holding})
        self._call("POST", self.session + "/actions",
                   {"actions": [{"type": "key", "id": "keys", "actions": steps}]})

    def screenshot(self, path):
        data = self._call("GET", self.session + "/screenshot")
        with open(path, "wb") as f:
            f.write(base64.b64decode(data))

    def errors(self):
        """What the page complained about since the last call."""
        log = self._call("POST", self.session + "/se/log", {"type": "browser"})
        return [entry["message"] for entry in log if entry["level"] == "SEVERE"]
