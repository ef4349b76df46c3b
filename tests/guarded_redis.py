"""A real Redis as docs/security.md sets it up: TLS only, and no user but those of the ACL file."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import redis

from tests.redis_server import DURABLE, START_TIMEOUT_S, RedisDidNotStart, RedisServer, free_port

ACL = Path(__file__).parents[1] / "deploy" / "tandem.acl"
PLACE_OF_DIGEST = "SHA256_OF_THE_PASSWORD"
PASSWORD = "a-password-of-the-service"
OPERATOR = "operator"
_CERTIFICATE = (
    *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
    *("-nodes", "-days", "2", "-subj", "/CN=redis", "-addext", "subjectAltName=IP:127.0.0.1"),
)


@dataclass(frozen=True, slots=True)
class GuardedRedis:
    """What the service and the operator call it by, and the certificate that both trust."""

    server: RedisServer
    certificate: Path

    @property
    def url(self) -> str:
        """As the service's settings name it."""
        return self.url_of("tandem")

    def url_of(self, user: str, password: str = PASSWORD) -> str:
        where = f"{user}:{password}@127.0.0.1:{self.server.port}"
        return f"rediss://{where}/0?ssl_ca_certs={self.certificate}"

    def operator(self) -> redis.Redis:
        """Who may do everything, as no worker may."""
        return redis.Redis.from_url(self.url_of(OPERATOR), decode_responses=True)


@contextmanager
def running_guarded_redis(folder: Path) -> Iterator[GuardedRedis]:
    """Starts it on a free port with a certificate of its own; it is stopped at the end."""
    port, certificate, key = free_port(), folder / "redis.crt", folder / "redis.key"
    made = ("-out", str(certificate), "-keyout", str(key))
    subprocess.run([*_CERTIFICATE, *made], check=True, capture_output=True)
    acl = _acl_file(folder)
    options = (
        *("--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)),
        *("--tls-cert-file", str(certificate), "--tls-key-file", str(key)),
        *("--tls-ca-cert-file", str(certificate), "--tls-auth-clients", "no"),
        *("--aclfile", str(acl)),
    )
    with (folder / "redis.log").open("ab") as log:
        process = subprocess.Popen(["redis-server", *options, *DURABLE], stdout=log, stderr=log)
    guarded = GuardedRedis(RedisServer(folder, port, process), certificate)
    try:
        _wait_until_ready(guarded)
        yield guarded
    finally:
        guarded.server.stop()


def _acl_file(folder: Path) -> Path:
    """The shipped file with the password's digest in its place, and one line for the operator."""
    digest = sha256(PASSWORD.encode()).hexdigest()
    shipped = ACL.read_text().replace(PLACE_OF_DIGEST, digest)
    file = folder / "users.acl"
    file.write_text(f"{shipped}user {OPERATOR} on #{digest} ~* &* +@all\n")
    return file


def _wait_until_ready(guarded: GuardedRedis) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    with guarded.operator() as client:
        while not _answers(client):
            ended = guarded.server.process.poll() is not None
            if ended or time.monotonic() > deadline:
                raise RedisDidNotStart(guarded.server.log)
            time.sleep(0.02)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
