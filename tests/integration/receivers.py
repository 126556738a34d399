"""Receivers that a test starts on free ports of loopback: webhook, mail server, syslog server.

Each keeps what it got, and can be told to answer wrongly. Nothing here knows the product: the
webhook's signature is made again from the specification, the mail is read by Python's own parser,
frames are cut by RFC 6587.
"""

import base64
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import socket
import ssl
import subprocess
import threading
import time


class Background:
    """Something that serves on a thread until it is closed."""

    def close(self):
        raise NotImplementedError


class Webhook(Background):
    """Takes posts. `answers` are the statuses of the next ones, then 204; 0 never answers."""

    def __init__(self, secret, answers=(), certificate=None):
        self.secret, self.answers = secret, list(answers)
        self.got, self.refused, self.tries, self.raw = [], [], 0, []
        self.lock, self.closing = threading.Lock(), threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                outer.take(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            scheme = "https"
        self.url = f"{scheme}://localhost:{self.server.server_port}/hook/secret-path"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, request):
        body = request.rfile.read(int(request.headers["Content-Length"]))
        with self.lock:
            self.tries += 1
            status = self.answers.pop(0) if self.answers else 204
        if status == 0:
            self.closing.wait(60)
            return
        message = json.loads(body)
        self.raw.append((dict(request.headers), body))
        problem = self.wrong(request.headers, body)
        with self.lock:
            (self.got if 200 <= status < 300 else self.refused).append(message)
            if problem:
                self.refused.append(problem)
        request.send_response(status)
        if status == 503:
            request.send_header("Retry-After", "1")
        request.send_header("Content-Length", "0")
        request.end_headers()

    def wrong(self, headers, body):
        """What is wrong with a signature, by the Standard Webhooks specification; None: nothing."""
        name, moment = headers["webhook-id"], headers["webhook-timestamp"]
        if abs(time.time() - int(moment)) > 300:
            return "an old timestamp"
        signed = f"{name}.{moment}.".encode() + body
        right = base64.b64encode(hmac.new(self.secret, signed, hashlib.sha256).digest()).decode()
        if not hmac.compare_digest(headers["webhook-signature"], f"v1,{right}"):
            return "a wrong signature"
        if name != json.loads(body)["id"]:
            return "another id in the header than in the body"
        return None

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()


class Lines(Background):
    """A TCP server, each connection on a thread of its own."""

    def __init__(self, certificate=None):
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*certificate)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.settimeout(60)
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection):
        try:
            self.serve(connection)
        except (OSError, ValueError):
            pass
        finally:
            connection.close()

    def secured(self, connection):
        connection = self.context.wrap_socket(connection, server_side=True)
        self.connections.append(connection)
        return connection

    def serve(self, connection):
        raise NotImplementedError

    def close(self):
        # A thread that waits in accept() is not woken by close() alone.
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()


class Mail(Lines):
    """An SMTP server with STARTTLS and AUTH PLAIN or LOGIN. `refuse` of the next mails get 451."""

    def __init__(self, certificate=None, login=None, refuse=0):
        self.login, self.refuse = login, refuse
        self.got, self.envelopes, self.secure = [], [], []
        super().__init__(certificate)

    def serve(self, connection):
        stream = connection.makefile("rwb")
        secure, known, sender, recipients = False, not self.login, None, []

        def say(text):
            stream.write(text.encode() + b"\r\n")
            stream.flush()

        say("220 test ESMTP")
        while line := stream.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            verb = verb.upper()
            if verb in ("EHLO", "HELO"):
                offers = ["test"]
                if self.context and not secure:
                    offers.append("STARTTLS")
                if self.login and (secure or not self.context):
                    offers.append("AUTH PLAIN")
                for offer in offers[:-1]:
                    say(f"250-{offer}")
                say(f"250 {offers[-1]}")
            elif verb == "STARTTLS":
                say("220 go on")
                stream.close()
                connection = self.secured(connection)
                stream, secure = connection.makefile("rwb"), True
            elif verb == "AUTH":
                given = rest.partition(" ")[2]
                if not given:
                    say("334 ")
                    given = stream.readline().decode().strip()
                _, user, password = base64.b64decode(given).decode().split("\0")
                known = (user, password) == self.login
                say("235 in" if known else "535 no")
            elif verb == "MAIL":
                sender, recipients = rest, []
                say("250 ok" if known else "530 who are you")
            elif verb == "RCPT":
                recipients.append(rest)
                say("250 ok")
            elif verb == "DATA":
                say("354 go on")
                lines = []
                while (line := stream.readline()) not in (b".\r\n", b""):
                    lines.append(line[1:] if line.startswith(b".") else line)
                if self.refuse > 0:
                    self.refuse -= 1
                    say("451 later")
                    continue
                self.got.append(
                    email.message_from_bytes(b"".join(lines), policy=email.policy.default)
                )
                self.envelopes.append((sender, recipients))
                self.secure.append(secure)
                say("250 taken")
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")


class Syslog(Lines):
    """Takes frames of octet counting. `most`: breaks a connection, unread, after so many frames."""

    def __init__(self, certificate=None, most=None):
        self.messages, self.most = [], most
        super().__init__(certificate)

    def serve(self, connection):
        if self.context:
            connection = self.secured(connection)
        stream = connection.makefile("rb")
        taken = 0
        while True:
            size = b""
            while (digit := stream.read(1)) not in (b" ", b""):
                size += digit
            if not size:
                return
            message = stream.read(int(size))
            if len(message) < int(size):
                return
            self.messages.append(message.decode())
            taken += 1
            if self.most and taken >= self.most:
                self.most = None
                return


def make_certificate(space):
    """A certificate for localhost: (PEM, key)."""
    certificate, key = space / "receiver.pem", space / "receiver.key"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30"
    named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(
        [*command.split(), "-keyout", key, "-out", certificate, *named],
        check=True,
        capture_output=True,
    )
    return certificate, key
