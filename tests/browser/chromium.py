# SPDX-License-Identifier: MIT
#
# A headless Chromium, driven over its own pipe (DevTools protocol), without further packages.
# Notes what the page logs, throws and asks for. Knows no page.
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time


class Chromium:
    def __init__(self, program, width=1280, height=900, dark=False):
        self.folder = tempfile.mkdtemp(prefix="memtrace-browser-")
        to_read, self.to = os.pipe()
        self.out, to_write = os.pipe()
        # The protocol's pipes are descriptors 3 and 4.
        command = ('exec 3<&%d 4>&%d; exec "$@"' % (to_read, to_write))
        # No sandbox: containers seldom have one to give, and only our own files are opened.
        self.process = subprocess.Popen(
            ["bash", "-c", command, "bash", program, "--headless=new", "--no-sandbox",
             "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
             "--user-data-dir=" + self.folder, "--no-first-run",
             "--disable-background-networking", "--disable-component-update",
             "--disable-extensions", "--force-prefers-reduced-motion", "about:blank"],
            pass_fds=(to_read, to_write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self.rest = b""
        self.number = 0
        self.session = None
        self.troubles = []
        self.requests = []
        self.events = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target,
                                 flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.size(width, height)
        self.scheme("dark" if dark else "light")

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
            self.process.wait(10)
        except Exception:  # it goes one way or the other
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def message(self, until):
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.out], [], [], max(0, until - time.monotonic()))
            if not ready:
                raise TimeoutError("the browser does not answer")
            got = os.read(self.out, 1 << 16)
            if not got:
                raise RuntimeError("the browser has ended")
            self.rest += got
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def note(self, event):
        method, params = event.get("method", ""), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.troubles.append(str(params["exceptionDetails"])[:2000])
        elif method == "Runtime.consoleAPICalled":
            self.troubles.append("console: %s" % params["args"])
        elif method == "Log.entryAdded":
            self.troubles.append("log: %s" % params["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        self.events.append(method)

    def call(self, method, seconds=60, **params):
        self.number += 1
        number = self.number
        request = {"id": number, "method": method, "params": params}
        if self.session is not None:
            request["sessionId"] = self.session
        os.write(self.to, json.dumps(request).encode() + b"\0")
        until = time.monotonic() + seconds
        while True:
            answer = self.message(until)
            if answer.get("id") != number:
                self.note(answer)
            elif "error" in answer:
                raise RuntimeError("%s: %s" % (method, answer["error"]["message"]))
            else:
                return answer["result"]

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)

    def scheme(self, name):
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": name}])

    def open(self, path, seconds=60):
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        self.wait("document.body && document.body.dataset.ready !== undefined", seconds)

    def ask(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError("%s: %s" % (expression, answer["exceptionDetails"]))
        return answer["result"].get("value")

    # Of Performance.enable.
    def metric(self, name):
        metrics = self.call("Performance.getMetrics")["metrics"]
        return next(metric["value"] for metric in metrics if metric["name"] == name)

    def wait(self, expression, seconds=20):
        until = time.monotonic() + seconds
        while not self.ask(expression):
            if time.monotonic() > until:
                raise AssertionError("never: %s\n%s" % (expression, "\n".join(self.troubles)))
            time.sleep(0.02)

    # As a person does it: the pointer goes to its middle.
    def click(self, element):
        at = self.ask("""(() => { const element = %s; element.scrollIntoView({block: "center"});
            const box = element.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2]; })()""" % element)
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=at[0], y=at[1],
                      button="none" if kind == "mouseMoved" else "left", clickCount=1)

    def key(self, name):
        is_text = len(name) == 1
        self.call("Input.dispatchKeyEvent", type="keyDown", key=name,
                  **({"text": name} if is_text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", key=name)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def picture(self, path):
        data = self.call("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as out:
            out.write(base64.b64decode(data))
