"""Requests as bytes on the wire, which no polite client would send, and what each gets."""

import json
from dataclasses import dataclass

SECRET = "hunter2"  # stands where an answer could repeat what was sent
EVENT = json.dumps({"user_id": "7", "item_id": "tent", "type": "view"}).encode()
CSS = "/static/docs.css"


@dataclass(frozen=True, slots=True)
class Wire:
    """Bytes, and the answer's status and, where it is a problem of ours, its code."""

    sent: bytes
    status: int
    code: str = ""


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    """A request after whose answer the connection ends."""
    head = "\r\n".join((line, *headers, "Connection: close", "", ""))
    return head.encode("latin-1") + body


def get(target: str, *headers: str, method: str = "GET") -> bytes:
    return request(f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", *headers)


def post(*headers: str, body: bytes = EVENT, target: str = "/event") -> bytes:
    """An event, its length left to the headers."""
    line = f"POST {target} HTTP/1.1"
    return request(line, "Host: 127.0.0.1", "Content-Type: application/json", *headers, body=body)


def host(name: str) -> bytes:
    """A question that only this machine may ask, under another name of it."""
    return request("GET /admin/rules HTTP/1.1", f"Host: {name}")


def ranges(text: str) -> bytes:
    return get(CSS, f"Range: {text}")


LENGTH = f"Content-Length: {len(EVENT)}"
CHUNKED = "Transfer-Encoding: chunked"
PATHS = {
    "NUL in a path": Wire(get(f"/users/{SECRET}%00"), 422, "invalid_id"),
    "a slash written as %2F": Wire(get(f"/users/a%2F{SECRET}"), 404, "not_found"),
    "bytes that are no UTF-8": Wire(get("/users/%ff"), 422, "invalid_id"),
    "a surrogate in a path": Wire(get("/users/%ED%A0%80"), 422, "invalid_id"),
    "a percent sign and no digits": Wire(get(f"/users/%zz{SECRET}"), 422, "invalid_id"),
    "a percent sign at the end": Wire(get("/users/a%"), 422, "invalid_id"),
    "a path written twice over": Wire(get("/users/%252e%252e"), 422, "invalid_id"),
    "a new header in a path": Wire(get(f"/items/a%0d%0aX-Evil:%20{SECRET}"), 422, "invalid_id"),
    "a parent folder": Wire(get("/users/../../etc/passwd"), 404, "not_found"),
    "a parent folder in disguise": Wire(get("/%2e%2e/%2e%2e/etc/passwd"), 404, "not_found"),
    "two slashes and a host": Wire(get("//evil.example/event"), 404, "not_found"),
    "a matrix parameter": Wire(get("/users/7;x=1"), 422, "invalid_id"),
    "bytes beyond ASCII": Wire(get("/users/é"), 400),
    "a space in a path": Wire(get("/users/a b"), 400),
    "a fragment": Wire(get("/healthz#a"), 200),
    "nobody's page": Wire(get(f"/wp-login.php?{SECRET}"), 404, "not_found"),
    "a file above the static ones": Wire(get("/static/../app.py"), 404, "not_found"),
    "a file above, in disguise": Wire(get("/static/..%2f..%2fapp.py"), 404, "not_found"),
    "a file above, with backslashes": Wire(get("/static/..%5c..%5capp.py"), 404, "not_found"),
    "a file by its whole path": Wire(get("/static//etc/passwd"), 404, "not_found"),
    "a static file called NUL": Wire(get("/static/docs.css%00.png"), 404, "not_found"),
    "a static file of 5,000 characters": Wire(get(f"/static/{'a' * 5_000}"), 404, "not_found"),
    "the static folder": Wire(get("/static/"), 404, "not_found"),
    "a URL of 60,000 bytes": Wire(get(f"/users/{'a' * 60_000}"), 422, "invalid_id"),
    "a URL of 64 KiB": Wire(get(f"/users/{'a' * 65_536}"), 431, "head_too_large"),
    "a query of 1 MB": Wire(get(f"/trending?x={'a' * 1_000_000}"), 431, "head_too_large"),
    "2,000 parameters": Wire(
        get("/realtime-recommend?" + "item=a&" * 2_000), 400, "too_many_parameters"
    ),
    "a query of broken UTF-8": Wire(get("/realtime-recommend?user_id=%ff"), 400, "not_utf8"),
}
HEADS = {
    "10,000 headers": Wire(
        get("/healthz", *(f"X-{n}: {SECRET}" for n in range(10_000))), 431, "head_too_large"
    ),
    "1,000 headers": Wire(get("/healthz", *(f"X-{n}: a" for n in range(1_000))), 200),
    "a header of 1 MB": Wire(get("/healthz", f"X-A: {'a' * 1_000_000}"), 431, "head_too_large"),
    "a name of 100 KB": Wire(get("/healthz", f"{'a' * 100_000}: a"), 431, "head_too_large"),
    "a header without a colon": Wire(get("/healthz", SECRET), 400),
    "a header without a name": Wire(get("/healthz", f": {SECRET}"), 400),
    "a space before the colon": Wire(get("/healthz", "X-A : a"), 400),
    "NUL in a header": Wire(get("/healthz", "X-A: a\x00b"), 400),
    "a header on two lines": Wire(get("/healthz", "X-A: a", " b"), 400),
    "an id of a request that is none": Wire(
        get("/healthz", f"X-Request-Id: {SECRET} {SECRET}"), 200
    ),
    "another method in a header": Wire(
        get("/items/tent", "X-HTTP-Method-Override: DELETE"), 404, "unknown_item"
    ),
    "HTTP/1.0": Wire(request("GET /healthz HTTP/1.0"), 200),
    "an event by HTTP/1.0": Wire(
        request("POST /event HTTP/1.0", "Content-Type: application/json", LENGTH, body=EVENT), 202
    ),
    "HTTP/1.1 without a host": Wire(request("GET /healthz HTTP/1.1"), 200),
    "HTTP/0.9": Wire(b"GET /healthz\r\n\r\n", 200),
    "HTTP/2 without being asked": Wire(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "HTTP/9.9": Wire(request("GET /healthz HTTP/9.9"), 400),
    "TLS": Wire(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64, 400),
    "a line of Redis": Wire(b"*1\r\n$8\r\nFLUSHALL\r\n", 400),
    "noise": Wire(bytes(range(128, 256)) * 4 + b"\r\n\r\n", 400),
    "a method that nobody knows": Wire(get("/event", method="BREW"), 400),
    "a method in small letters": Wire(get("/healthz", method="get"), 400),
    "PURGE": Wire(get("/event", method="PURGE"), 405, "method_not_allowed"),
    "TRACE": Wire(get("/event", f"X-A: {SECRET}", method="TRACE"), 405, "method_not_allowed"),
    "PROPFIND": Wire(get("/event", method="PROPFIND"), 405, "method_not_allowed"),
    "DELETE of all items": Wire(get("/items", method="DELETE"), 405, "method_not_allowed"),
    "CONNECT": Wire(request("CONNECT evil.example:443 HTTP/1.1", "Host: evil.example"), 400),
    "OPTIONS *": Wire(get("*", method="OPTIONS"), 404, "not_found"),
    "an absolute target": Wire(get("http://127.0.0.1/healthz"), 200),
    "an absolute target elsewhere": Wire(get("http://evil.example/healthz"), 200),
    "a target of another scheme": Wire(get("urn:etc:passwd"), 400),
    "an upgrade to HTTP/2": Wire(get("/healthz", "Upgrade: h2c"), 200),
    "a host with a bracket": Wire(host("["), 403, "loopback_only"),
    "a host elsewhere": Wire(host("evil.example"), 403, "loopback_only"),
    "a host with a path": Wire(host("evil.example/healthz?"), 403, "loopback_only"),
    "a host with a name before it": Wire(host("127.0.0.1@evil.example"), 403, "loopback_only"),
    "a host of odd characters": Wire(host('a]b:c{}^|<>"'), 403, "loopback_only"),
    "an empty host": Wire(host(""), 403, "loopback_only"),
    "a caller behind a proxy": Wire(
        get("/admin/rules", "X-Forwarded-For: 192.0.2.1"), 403, "loopback_only"
    ),
    "a page elsewhere": Wire(
        get("/admin/rules", "Origin: https://evil.example"), 403, "origin_not_allowed"
    ),
    "a page of no origin": Wire(get("/admin/rules", "Origin: null"), 403, "origin_not_allowed"),
    "a page whose origin is no address": Wire(
        get("/admin/rules", "Origin: http://["), 403, "origin_not_allowed"
    ),
}
BODIES = {
    "a length below nothing": Wire(post("Content-Length: -1"), 400),
    "a length in words": Wire(post("Content-Length: many"), 400),
    "a length beyond measure": Wire(post(f"Content-Length: {10**30}"), 400),
    "two lengths": Wire(post(LENGTH, "Content-Length: 1"), 400),
    "a length and chunks": Wire(post(LENGTH, CHUNKED), 400),
    "chunks that are none at the end": Wire(post("Transfer-Encoding: chunked, identity"), 400),
    "an unknown transfer": Wire(post("Transfer-Encoding: xchunked"), 400),
    "a length too large": Wire(post("Content-Length: 300000", body=b""), 413, "body_too_large"),
    "a length too large, and a question first": Wire(
        post("Content-Length: 300000", "Expect: 100-continue", body=b""), 413, "body_too_large"
    ),
    "a chunk of no length": Wire(post(CHUNKED, body=b"xyz\r\n"), 400),
    "a chunk below nothing": Wire(post(CHUNKED, body=b"-1\r\n"), 400),
    "a chunk longer than memory": Wire(post(CHUNKED, body=b"F" * 17 + b"\r\n"), 400),
    "chunks of an event": Wire(
        post(CHUNKED, body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(EVENT), EVENT)), 202
    ),
    "300 KB in chunks": Wire(
        post(CHUNKED, body=(b"400\r\n" + b" " * 1024 + b"\r\n") * 300), 413, "body_too_large"
    ),
    "a packed body": Wire(
        post("Content-Encoding: gzip", "Content-Length: 2", body=b"\x1f\x8b"),
        415,
        "encoding_not_supported",
    ),
    "no length at all": Wire(post(body=b""), 400, "invalid_json"),
}
RANGES = {
    "a range": Wire(ranges("bytes=0-9"), 206),
    "5,000 ranges": Wire(ranges("bytes=" + ",".join(f"{n}-{n}" for n in range(5_000))), 200),
    "90 ranges that overlap": Wire(ranges("bytes=" + ",".join(["0-"] * 90)), 206),
    "a range beyond the end": Wire(ranges("bytes=99999999-"), 416),
    "a range that ends before it starts": Wire(ranges("bytes=5-1"), 400),
    "a range of words": Wire(ranges(f"bytes={SECRET}-b"), 400),
    "a range of lines": Wire(ranges("lines=1-2"), 400),
    "a range of 5,000 digits": Wire(ranges(f"bytes={'9' * 5_000}-"), 400),
    "no range": Wire(ranges("bytes="), 400),
    "a range without its unit": Wire(ranges("0-9"), 400),
}
REQUESTS = PATHS | HEADS | BODIES | RANGES
