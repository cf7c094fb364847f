#!/usr/bin/env python3
"""A receiver of webhooks that answers as the path of the request says, and writes down
what it was sent.

usage: receiver.py RECORD [--secret S] [--cert PEM --key PEM] [--client-ca PEM]
                   [--answers LIST]

Listens on a free port of 127.0.0.1 and says "port N" on standard output. RECORD gets one line of JSON a request: path,
headers, body, and whether Standard Webhooks' signature is right ("good", "bad", "none").

paths:
  /answer/CODE[/SECONDS]  that status; with Retry-After
  /answers                the next of LIST, then its last one for ever: CODE,
                          CODE:SECONDS (Retry-After), close, slow, garbage, and
                          heard-close (which is close, taken for a lost answer)
  /slow/SECONDS           200, that much later
  /close                  closed without an answer
  /half-close             no more is said, and the connection stays
  /garbage                an answer that is no HTTP
  /redirect               307 to /answer/200
  /endless                200, and a body without an end
  /cut                    200, and half of the body
  /slow-body              200, and a body that never comes
  /drip                   a byte of a status line a second
  /interim                100 Continue, then closed
  /quote                  404, with the path of the request in its text
  /hostile                400, with a text that would disturb a terminal
"""

import argparse
import base64
import hashlib
import hmac
import json
import socket
import ssl
import sys
import threading
import time

LOCK = threading.Lock()


def read_request(stream):
    """(path, headers, body) of the next request; None when there is none."""
    line = stream.readline(65536)
    if not line.strip():
        return None
    path = line.split()[1].decode("latin-1")
    headers = {}
    while True:
        line = stream.readline(65536)
        if line in (b"\r\n", b"\n", b""):
            break
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", 0)))
    return path, headers, body


def key_of(secret):
    if secret.startswith("whsec_"):
        text = secret[len("whsec_"):]
        return base64.b64decode(text + "=" * (-len(text) % 4))
    return secret.encode()


def judge_signature(secret, headers, body):
    if "webhook-signature" not in headers:
        return "none"
    signed = f'{headers["webhook-id"]}.{headers["webhook-timestamp"]}.'.encode() + body
    code = hmac.new(key_of(secret or ""), signed, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(code).decode()
    age = abs(time.time() - int(headers["webhook-timestamp"]))
    if age > 300 or wanted not in headers["webhook-signature"].split(" "):
        return "bad"
    return "good"


def answer(code, body=b"", headers=()):
    lines = [f"HTTP/1.1 {code} Whatever", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Receiver:
    def __init__(self, options):
        self.options = options
        self.record = open(options.record, "a", encoding="utf-8")
        self.answers = options.answers.split(",") if options.answers else ["200"]
        self.count = 0
        self.tls = None
        if options.cert:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(options.cert, options.key)
            if options.client_ca:
                self.tls.verify_mode = ssl.CERT_REQUIRED
                self.tls.load_verify_locations(options.client_ca)

    def write_down(self, connection, path, headers, body, said):
        line = {"path": path, "connection": connection, "headers": headers,
                "signature": judge_signature(self.options.secret, headers, body),
                "body": body.decode("utf-8", "backslashreplace"), "said": said}
        self.record.write(json.dumps(line) + "\n")
        self.record.flush()

    def next_answer(self):
        word = self.answers[min(self.count, len(self.answers) - 1)]
        self.count += 1
        return word

    def scripted_path(self):
        """The path that does what the next word of the list says."""
        word = self.next_answer()
        code, _, seconds = word.partition(":")
        if code.isdigit():
            return f"/answer/{code}/{seconds}" if seconds else f"/answer/{code}"
        return {"close": "/close", "slow": "/slow/30", "garbage": "/garbage",
                "heard-close": "/heard-close"}[word]

    def serve(self, connection, number):
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            stream = connection.makefile("rb")
            while True:
                request = read_request(stream)
                if not request:
                    break
                path, headers, body = request
                with LOCK:
                    said = path.split("?")[0]
                    if said == "/answers":
                        said = self.scripted_path()
                    self.write_down(number, path, headers, body, said)
                if not self.say(connection, path, said):
                    break
        except (OSError, ValueError, IndexError):
            pass
        try:
            connection.close()
        except OSError:
            pass

    def say(self, connection, path, said):
        """Answer; True when the connection goes on."""
        words = said.strip("/").split("/")
        if words[0] == "answer":
            extra = [f"Retry-After: {words[2]}"] if len(words) == 3 else []
            connection.sendall(answer(int(words[1]), b"so it is", extra))
            return True
        if words[0] == "slow":
            time.sleep(float(words[1]))
            connection.sendall(answer(200))
            return True
        if words[0] == "half-close":
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1)
        elif words[0] == "garbage":
            connection.sendall(b"\x00\xff\x1b[2J 200 OK\r\n\r\nfine\r\n")
        elif words[0] == "redirect":
            connection.sendall(answer(307, b"", ["Location: /answer/200"]))
            return True
        elif words[0] == "endless":
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                connection.sendall(b"x" * 65536)
        elif words[0] == "cut":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        elif words[0] == "slow-body":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
            time.sleep(30)
        elif words[0] == "drip":
            for byte in b"HTTP/1.1 200 OK\r\n":
                connection.sendall(bytes([byte]))
                time.sleep(1)
        elif words[0] == "interim":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        elif words[0] == "quote":
            connection.sendall(answer(404, f"Cannot POST {path}".encode()))
            return True
        elif words[0] == "hostile":
            text = "no\x1b]0;owned\x07\r\n\u202eevil " + "x" * 5000
            connection.sendall(answer(400, text.encode()))
            return True
        return False


def accept_from(receiver, listening):
    number = 0
    while True:
        connection, _ = listening.accept()
        number += 1
        threading.Thread(target=receiver.serve, daemon=True,
                         args=(connection, number)).start()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("record")
    for name in ("--secret", "--cert", "--key", "--client-ca", "--answers"):
        parser.add_argument(name)
    receiver = Receiver(parser.parse_args())
    listening = socket.create_server(("127.0.0.1", 0), backlog=64)
    threading.Thread(target=accept_from, daemon=True, args=(receiver, listening)).start()
    print("port", listening.getsockname()[1], flush=True)
    # It lives as long as whoever started it.
    sys.stdin.read()


if __name__ == "__main__":
    main()
