"""TLS on both sides with an EC certificate that openssl made."""

import http.client
import json
import ssl
import subprocess

from harness import PATIENCE, Case, Machine, main


class Tls(Case):
    def certificate(self, name="host"):
        key, certificate = self.space / f"{name}.key", self.space / f"{name}.pem"
        subprocess.run(
            [
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-keyout",
                key,
                "-out",
                certificate,
                "-days",
                "30",
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1",
            ],
            check=True,
            capture_output=True,
        )
        return certificate, key

    def call(self, url, certificate, method, path, body=None, headers=None):
        context = ssl.create_default_context(cafile=certificate)
        name, port = url.split("//")[1].rsplit(":", 1)
        connection = http.client.HTTPSConnection(name, int(port), context=context, timeout=PATIENCE)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return (
                answer.status,
                answer.read().decode(),
                connection.sock and connection.sock.version(),
            )
        finally:
            connection.close()

    def start(self):
        self.space.usual(threshold=2)
        certificate, key = self.certificate()
        host = self.space.start_host(
            "--tls-certificate",
            certificate,
            "--tls-key",
            key,
            "--admin-tls-certificate",
            certificate,
            "--admin-tls-key",
            key,
        )
        return host, certificate

    def test_clients_and_administrators_over_tls(self):
        host, certificate = self.start()
        self.assertTrue(host.clients.startswith("https://"))
        self.assertTrue(host.admin.startswith("https://"))
        machine = Machine()
        status, text, _ = self.call(
            host.clients,
            certificate,
            "POST",
            "/v1/activations",
            json.dumps(machine.request()),
            {"Content-Type": "application/json"},
        )
        self.assertEqual((status, json.loads(text)["count"]), (200, 1))
        status, _, _ = self.call(host.admin, certificate, "GET", "/healthz")
        self.assertEqual(status, 200)
        status, text, _ = self.call(host.admin, certificate, "GET", "/v1/groups")
        self.assertEqual(status, 401, text)
        with self.assertRaises(ssl.SSLError):
            self.call(host.clients, self.certificate("other")[0], "GET", "/healthz")

    def test_the_client_activates_over_tls(self):
        host, certificate = self.start()
        machine = Machine()
        self.call(
            host.clients,
            certificate,
            "POST",
            "/v1/activations",
            json.dumps(machine.request()),
            {"Content-Type": "application/json"},
        )
        state = self.space / "state"
        self.space.muster("install", self.space.product, "--state", state, "--fact", "desk")
        self.space.muster(
            "set-host",
            host.clients.replace("127.0.0.1", "localhost"),
            "--product",
            "acme-cad",
            "--state",
            state,
        )
        told = self.space.json("activate", "--state", state, SSL_CERT_FILE=str(certificate))
        self.assertTrue(told["activated"])

    def test_plain_http_to_a_tls_port_gets_no_answer(self):
        host, _ = self.start()
        connection = http.client.HTTPConnection(*host.address(), timeout=PATIENCE)
        with self.assertRaises((http.client.HTTPException, OSError)):
            connection.request("GET", "/healthz")
            connection.getresponse()
        connection.close()

    def test_the_administration_side_off_loopback_refuses_to_start_without_tls(self):
        directory = self.space.usual()
        done = self.space.muster(
            "host",
            "run",
            "--dir",
            directory,
            "--listen",
            "127.0.0.1:0",
            "--admin-listen",
            "0.0.0.0:0",
            expect=None,
        )
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("admin_tls.certificate", done.stderr)


if __name__ == "__main__":
    main()
