"""A model hub on 127.0.0.1 for the tests: enough of the hub's API for huggingface_hub and for us, with faults on demand.

    server.py --root FOLDER --log FILE [--certificate PEM]

FOLDER/models/owner/name/* and FOLDER/datasets/owner/name/* are its repositories, each with one commit, the hash of what the
files are now. Large files live in a second server, the store, to which the first redirects, as the hub does with Git LFS.
With a certificate and its key, the first speaks HTTPS. The first line printed is the ports of both. Then each line of standard input is a command in JSON, answered by a line:

    {"fault": KIND, "path": REGEX, "times": N, ...}   the next N requests (-1: all) whose path matches go wrong
    {"clear": true}                                   no faults any more

The kinds are the branches of Server.answer_with and Server.send_file. The log has a line of JSON for every request.
"""
import argparse
import hashlib
import http.server
import json
import pathlib
import re
import socket
import ssl
import sys
import threading
import urllib.parse

LARGE = (".safetensors", ".bin", ".wav")
lock = threading.Lock()
faults = []


def fault_for(path):
    with lock:
        for fault in faults:
            if fault["times"] != 0 and re.search(fault["path"], path):
                fault["times"] -= 1
                return fault
    return {}


def git_blob(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class Repository:
    def __init__(self, root, kind, name):
        self.folder = root / kind / name
        self.exists = self.folder.is_dir()
        files = sorted(path for path in self.folder.rglob("*") if path.is_file()) if self.exists else []
        self.files = {str(path.relative_to(self.folder)): path.read_bytes() for path in files}
        self.commit = hashlib.sha1(repr([(name, self.sha256(name)) for name in self.files]).encode()).hexdigest()

    def pointer(self, name):
        return b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\n" % self.sha256(name).encode()

    def is_large(self, name):
        return name.endswith(LARGE)

    def sha256(self, name):
        return hashlib.sha256(self.files[name]).hexdigest()

    def blob_id(self, name):
        return git_blob(self.pointer(name) if self.is_large(name) else self.files[name])

    def etag(self, name):
        return self.sha256(name) if self.is_large(name) else self.blob_id(name)


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.serve()

    def do_GET(self):
        self.serve()

    def serve(self):
        self.status, self.noted = 0, False
        path, _, query = self.path.partition("?")
        path = urllib.parse.unquote(path)
        fault = fault_for(("store" if self.server.is_store else "hub") + " " + self.command + " " + path)
        try:
            if not self.answer_with(fault):
                self.route(path, dict(urllib.parse.parse_qsl(query)), fault)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        self.note()

    # Once a request, before its answer goes out: whoever has the answer finds the line.
    def note(self):
        if self.noted:
            return
        self.noted = True
        path = urllib.parse.unquote(self.path.partition("?")[0])
        with lock, open(self.server.log, "a") as log:
            line = {"server": "store" if self.server.is_store else "hub", "method": self.command, "path": path,
                    "range": self.headers.get("Range"), "token": self.headers.get("Authorization"), "status": self.status}
            log.write(json.dumps(line) + "\n")

    def answer_with(self, fault):
        kind = fault.get("fault")
        if kind == "status":
            self.send(fault["status"], fault.get("headers", {}), fault.get("body", "").encode())
        elif kind == "hang_up":  # before any answer
            self.hang_up()
        elif kind == "silence":
            threading.Event().wait(fault["seconds"])
            self.hang_up()
        elif kind == "redirect":
            self.send(302, {"Location": fault["to"]})
        else:
            return False
        return True

    def hang_up(self):
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def send(self, status, headers=None, body=b"", announce=True):
        self.status = status
        self.note()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if announce and "Content-Length" not in (headers or {}):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_json(self, value):
        self.send(200, {"Content-Type": "application/json"}, json.dumps(value).encode())

    def refuse(self, status, code, text):
        self.send(status, {"X-Error-Code": code, "X-Error-Message": text})

    def route(self, path, query, fault):
        if self.server.is_store:
            data = self.server.stored.get(path.strip("/"))
            return self.send(404) if data is None else self.send_file(data, {}, fault)
        if path == "/api/models":
            return self.send_json(self.search(query))
        file = re.fullmatch(r"(?:/api/resolve-cache)?/(?:(datasets|models)/)?([^/]+/[^/]+)/(?:resolve/)?([^/]+)/(.+)", path)
        listing = re.fullmatch(r"/api/(models|datasets)/([^/]+/[^/]+)/(revision|tree)/([^/]+)", path)
        kind, name, revision = (listing[1], listing[2], listing[4]) if listing else (file[1] or "models", file[2], file[3])
        repository = Repository(self.server.root, kind, name)
        if not repository.exists:  # as the hub does for strangers and for those who show a token
            if self.headers.get("Authorization"):
                return self.refuse(404, "RepoNotFound", "Repository not found")
            return self.send(401, {"X-Error-Message": "Invalid username or password."})
        if revision not in ("main", repository.commit):
            return self.refuse(404, "RevisionNotFound", "Invalid rev id: " + revision)
        if listing:
            return self.list(repository, listing[3], query, fault)
        if file[4] not in repository.files:
            return self.refuse(404, "EntryNotFound", "Entry not found")
        self.resolve(repository, path, kind, name, file[4], fault)

    def search(self, query):
        owner = self.server.root / "models" / query["author"]
        return [{"id": owner.name + "/" + folder.name} for folder in owner.iterdir() if query["search"] in folder.name]

    def list(self, repository, what, query, fault):
        entries = []
        for name, data in repository.files.items():
            lfs = {"size": fault.get("size", len(data)), "pointerSize": 130}
            entry = {"size": fault.get("size", len(data))}
            if what == "tree":
                entry.update(type="file", path=name, oid=repository.blob_id(name))
                lfs["oid"] = repository.sha256(name)
            else:
                entry.update(rfilename=fault.get("rename", {}).get(name, name), blobId=repository.blob_id(name))
                lfs["sha256"] = repository.sha256(name)
            if repository.is_large(name):
                entry["lfs"] = lfs
            if what == "revision" and ("blobs" not in query or fault.get("fault") == "names_only"):
                entry = {"rfilename": name}
            entries.append(entry)
        self.send_json(entries if what == "tree" else {"id": "x", "sha": repository.commit, "siblings": entries})

    def resolve(self, repository, path, kind, name, file, fault):
        data, headers = repository.files[file], {"X-Repo-Commit": repository.commit}
        if path.startswith("/api/resolve-cache/"):
            headers["ETag"] = f'"{repository.etag(file)}"'
            return self.send_file(data, headers, fault)
        headers |= {"X-Linked-Etag": f'"{repository.etag(file)}"', "X-Linked-Size": str(len(data))}
        if repository.is_large(file):
            self.server.stored[repository.sha256(file)] = data
            headers["Location"] = f"{self.server.store}/{repository.sha256(file)}?signature=secret"
            return self.send(302, headers)
        headers["Location"] = urllib.parse.quote(f"/api/resolve-cache/{kind}/{name}/{repository.commit}/{file}")
        self.send(307, headers)

    def send_file(self, data, headers, fault):
        kind, first = fault.get("fault"), 0
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if wanted and kind != "no_ranges":
            first = int(wanted[1])
        if kind == "out_of_range" and first > 0 or first >= len(data) > 0:
            return self.send(416, {"Content-Range": f"bytes */{len(data)}"})
        if kind == "wrong":
            data = bytes([data[0] ^ 1]) + data[1:]
        if kind == "longer":
            data = data + b"x" * 1000
        body = data[first:]
        if wanted and kind != "no_ranges":
            start = first + (1 if kind == "other_part" else 0)
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        if kind == "short":  # no length is announced, so only our own count can tell
            self.close_connection = True
            body, headers["Connection"] = body[:fault["bytes"]], "close"
            return self.send(206 if wanted else 200, headers, body, announce=False)
        if kind in ("cut", "stall"):
            headers["Content-Length"] = str(len(body))
            self.send(206 if first else 200, headers, body[:fault["bytes"]])
            self.wfile.flush()
            if kind == "stall":
                threading.Event().wait(fault["seconds"])
            return self.hang_up()
        self.send(206 if "Content-Range" in headers else 200, headers, body)


class QuietServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):  # a client that goes away is what the tests are about
        pass


def start(root, log, is_store):
    server = QuietServer(("127.0.0.1", 0), Server)
    server.root, server.log, server.is_store, server.stored = root, log, is_store, {}
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--log", type=pathlib.Path, required=True)
    parser.add_argument("--certificate")
    arguments = parser.parse_args()
    hub, store = start(arguments.root, arguments.log, False), start(arguments.root, arguments.log, True)
    store.stored = hub.stored
    if arguments.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(arguments.certificate)
        hub.socket = context.wrap_socket(hub.socket, server_side=True)
    hub.store = f"http://127.0.0.1:{store.server_port}"
    print(hub.server_port, store.server_port, flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        with lock:
            if command.get("clear"):
                faults.clear()
            else:
                faults.append({"times": 1, **command})
        print("done", flush=True)


main()
