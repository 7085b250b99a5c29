#!/usr/bin/env python3
"""Asks rust-analyzer what it shows at the marks of a crate's src/main.rs; scripts/ide.sh runs it.

    ide.py SERVER CRATE [part of a function's name; all marks if not given]

A mark is a line of its own, `//~ KIND `TEXT`: WORDS`. It concerns the last line of code above it; TEXT stands there once,
and its end is the place in question: the cursor stands behind it to complete, and on its last letter else.

    offers    completion offers these names, and strikes none of them out
    struck    completion offers these names struck out
    typing    as `offers`, with what follows TEXT in its line not typed yet, up to a bracket that was opened before
    unclosed  as `typing`, with nothing behind TEXT: what is open there is closed nowhere
    mistaken  as `offers`, while the function's attribute has an option that is none, or the block a bare statement
    shows     the words are in what is shown under the mouse
    leads     the words are in the line to which "go to definition" leads
    misspelt  with an `x` put behind TEXT, there is an error in this very line that says the words, and none elsewhere

What holds without a mark: there is no error and no hint in the file, and nothing in it is shown as deprecated that does
not have the mark `struck`. Ends with 1 if something does not hold, and with 2 if rust-analyzer cannot look.
"""

import atexit
import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections import namedtuple
from pathlib import Path

PATIENCE = float(os.environ.get("PATIENCE", "300"))
MARK = re.compile(r"\s*//~ (\w+) `(.+?)`: (.+)$")
Mark = namedtuple("Mark", "number function kind text words line column")


def give_up(why):
    print(why, file=sys.stderr)
    sys.exit(2)


class Server:
    """rust-analyzer at the other end of two pipes: requests and their answers, one at a time."""

    def __init__(self, program, crate):
        self.process = subprocess.Popen(
            [program], cwd=crate, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        atexit.register(self.process.kill)
        self.incoming = queue.Queue()
        self.last = 0
        self.status = None
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        output = self.process.stdout
        while True:
            length = 0
            while (header := output.readline().strip()):
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if length == 0:
                self.incoming.put(None)
                return
            self.incoming.put(json.loads(output.read(length)))

    def _send(self, message):
        body = json.dumps({"jsonrpc": "2.0"} | message).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def tell(self, method, params):
        self._send({"method": method, "params": params})

    def _next(self, until):
        """The next answer; what else comes is dealt with. None if nothing has come by then."""
        try:
            message = self.incoming.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            return None
        if message is None:
            give_up(f"rust-analyzer ended by itself, with {self.process.wait()}")
        if "method" not in message:
            return message
        if message["method"] == "experimental/serverStatus":
            self.status = message["params"]
        if "id" in message:
            # It asks for its settings: the defaults. All else is only to be agreed to.
            asked = message["params"].get("items") if message["method"] == "workspace/configuration" else None
            self._send({"id": message["id"], "result": asked and [None for _ in asked]})
        return {}

    def ask(self, method, params):
        until = time.monotonic() + PATIENCE
        # While a file changes under it, the server may ask to be asked again.
        while True:
            self.last += 1
            self._send({"id": self.last, "method": method, "params": params})
            answer = {}
            while answer is not None and answer.get("id") != self.last:
                answer = self._next(until)
            if answer is None:
                give_up(f"rust-analyzer gave no answer to {method} in {PATIENCE:.0f} s")
            error = answer.get("error")
            if error is None:
                return answer.get("result")
            if error["code"] not in (-32801, -32802):
                give_up(f"rust-analyzer has no answer to {method}: {error['message']}")
            time.sleep(0.1)

    def settle(self):
        """Waits until everything is loaded, and says so for a while."""
        until, calm = time.monotonic() + PATIENCE, None
        while calm is None or time.monotonic() - calm < 2:
            self._next(min(until, time.monotonic() + 0.5))
            if time.monotonic() >= until:
                give_up(f"rust-analyzer was not ready in {PATIENCE:.0f} s: {self.status}")
            if self.status and self.status["quiescent"]:
                calm = calm or time.monotonic()
            else:
                calm = None
        if self.status["health"] != "ok":
            give_up(f"rust-analyzer cannot load the crate: {self.status.get('message')}")


class File:
    """src/main.rs as the server sees it."""

    def __init__(self, server, path):
        self.server, self.uri = server, path.as_uri()
        self.written = path.read_text()
        self.version = 1
        document = {"uri": self.uri, "languageId": "rust", "version": 1, "text": self.written}
        server.tell("textDocument/didOpen", {"textDocument": document})

    def change(self, text):
        self.version += 1
        document = {"uri": self.uri, "version": self.version}
        self.server.tell("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})

    def ask(self, method, line=None, column=None):
        params = {"textDocument": {"uri": self.uri}}
        if line is not None:
            params["position"] = {"line": line, "character": column}
        return self.server.ask(f"textDocument/{method}", params)

    def errors(self):
        return [(d["range"]["start"]["line"], d["message"]) for d in self.ask("diagnostic")["items"]]

    def with_line(self, line, text):
        """The file with another line there; the one that was written comes back at the end."""
        lines = self.written.split("\n")
        lines[line] = text
        return Changed(self, "\n".join(lines))


class Changed:
    def __init__(self, file, text):
        self.file, self.text = file, text

    def __enter__(self):
        self.file.change(self.text)

    def __exit__(self, *_):
        self.file.change(self.file.written)


def marks_of(text):
    code, function = None, ""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if not line.lstrip().startswith("//"):
            code = number
            named = re.match(r"\s*(?:async )?fn (\w+)", line)
            function = named[1] if named else function
            continue
        if not line.lstrip().startswith("//~"):
            continue
        mark = MARK.match(line)
        if mark is None or lines[code].count(mark[2]) != 1:
            give_up(f"src/main.rs:{number + 1}: no such mark, or its text does not stand once in the line it concerns")
        column = lines[code].index(mark[2]) + len(mark[2])
        yield Mark(number, function, mark[1], mark[2], mark[3], code, column)


def completion(file, mark):
    """The names offered, and whether each is struck out."""
    found = file.ask("completion", mark.line, mark.column) or []
    offered = {}
    for item in found["items"] if isinstance(found, dict) else found:
        name = re.match(r"\w*", item["label"])[0]
        struck = item.get("deprecated", False) or 1 in item.get("tags", [])
        offered[name] = offered.get(name, False) or struck
    return offered


def offers(file, mark, struck=False):
    offered = completion(file, mark)
    for name in mark.words.split(", "):
        if name not in offered:
            return f"`{name}` is not among the {len(offered)} names offered"
        if offered[name] != struck:
            return f"`{name}` is {'not ' if struck else ''}struck out"
    return None


def struck(file, mark):
    return offers(file, mark, struck=True)


def typing(file, mark):
    line = file.written.split("\n")[mark.line]
    end, depth = mark.column, 0
    while end < len(line) and depth >= 0:
        depth += (line[end] in "([{") - (line[end] in ")]}")
        end += 1
    # An editor has closed the bracket.
    rest = line[end - 1 :] if depth < 0 else ""
    with file.with_line(mark.line, line[: mark.column] + rest):
        return offers(file, mark)


def unclosed(file, mark):
    line = file.written.split("\n")[mark.line]
    with file.with_line(mark.line, line[: mark.column]):
        return offers(file, mark)


def mistaken(file, mark):
    lines = file.written.split("\n")
    begins = re.compile(r"\s*#\[delayed|[^/]*delayed_block!(\(?\{)$")
    at = max(n for n, line in enumerate(lines[: mark.line]) if begins.match(line))
    in_block = begins.match(lines[at])[1]
    with file.with_line(at, lines[at] + " bare();" if in_block else "#[delayed(no_such_option)]"):
        return offers(file, mark)


def shows(file, mark):
    found = file.ask("hover", mark.line, mark.column - 1)
    shown = found["contents"]["value"] if found else ""
    if mark.words in shown:
        return None
    return "it shows " + (" / ".join(filter(None, shown.split("\n")))[:300] or "nothing")


def leads(file, mark):
    found = file.ask("definition", mark.line, mark.column - 1) or []
    lines = []
    for place in found if isinstance(found, list) else [found]:
        path = (place.get("targetUri") or place["uri"]).removeprefix("file://")
        line = (place.get("targetSelectionRange") or place["range"])["start"]["line"]
        lines.append(Path(path).read_text().split("\n")[line].strip())
    if lines and all(mark.words in line for line in lines):
        return None
    return "it leads to " + (" and ".join(f"`{line}`" for line in lines) or "nothing")


def misspelt(file, mark):
    line = file.written.split("\n")[mark.line]
    with file.with_line(mark.line, line[: mark.column] + "x" + line[mark.column :]):
        errors = file.errors()
    if not any(line == mark.line and mark.words in text for line, text in errors):
        return f"no such error there; there is {errors or 'none'}"
    far = [(line + 1, text) for line, text in errors if line != mark.line]
    return f"errors elsewhere: {far}" if far else None


KINDS = {kind.__name__: kind for kind in (offers, struck, typing, unclosed, mistaken, shows, leads, misspelt)}


def false_alarms(file, legend, marks):
    """Errors and hints in the file as written, and what is shown as deprecated."""
    for line, text in file.errors():
        yield line, text
    bit = 1 << legend["tokenModifiers"].index("deprecated")
    data = file.ask("semanticTokens/full")["data"]
    known = {mark.line for mark in marks if mark.kind == "struck"}
    line = 0
    for down, _, _, _, modifiers in zip(*[iter(data)] * 5):
        line += down
        if modifiers & bit and line not in known:
            yield line, "something is shown as deprecated"


def main():
    program, crate = sys.argv[1], Path(sys.argv[2]).resolve()
    only = sys.argv[3] if len(sys.argv) > 3 else ""
    path = crate / "src" / "main.rs"
    marks = list(marks_of(path.read_text()))
    chosen = [mark for mark in marks if only in mark.function]
    if not chosen:
        give_up(f"no function with marks is called *{only}*")
    for mark in marks:
        if mark.kind not in KINDS:
            give_up(f"src/main.rs:{mark.number + 1}: `{mark.kind}` is no kind of marks")

    server = Server(program, crate)
    client = {
        "general": {"positionEncodings": ["utf-32"]},
        "textDocument": {
            "completion": {"completionItem": {"deprecatedSupport": True, "tagSupport": {"valueSet": [1]}}},
            "hover": {"contentFormat": ["plaintext"]},
            "semanticTokens": {
                "requests": {"full": True},
                "tokenTypes": [],
                "tokenModifiers": ["deprecated"],
                "formats": ["relative"],
            },
        },
        "experimental": {"serverStatusNotification": True},
    }
    greeting = server.ask(
        "initialize",
        {
            "processId": os.getpid(),
            "rootUri": crate.as_uri(),
            "capabilities": client,
            # Among its own errors, it takes those about unknown names for an experiment.
            "initializationOptions": {"checkOnSave": False, "diagnostics": {"experimental": {"enable": True}}},
        },
    )
    server.tell("initialized", {})
    file = File(server, path)
    server.settle()

    failed = 0
    for mark in chosen:
        wrong = KINDS[mark.kind](file, mark)
        if wrong:
            failed += 1
            print(f"src/main.rs:{mark.line + 1}: {mark.kind} `{mark.text}`: {mark.words}\n    {wrong}")
    legend = greeting["capabilities"]["semanticTokensProvider"]["legend"]
    alarms = list(false_alarms(file, legend, marks))
    for line, text in alarms:
        print(f"src/main.rs:{line + 1}: {text}")
    print(f"{len(chosen) - failed} of {len(chosen)} marks hold; {len(alarms)} false alarms")
    server.ask("shutdown", None)
    server.tell("exit", None)
    server.process.wait(30)
    sys.exit(bool(failed or alarms))


if __name__ == "__main__":
    main()
