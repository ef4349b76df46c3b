"""Bad texts and ids, by the numbers of the list of bad inputs."""

from tests.web.bad_rows import Row, batch, event, item, put, question, raw, rule

STRINGS = {
    "1 lone surrogate in an id": Row(raw("event_id", r'"\ud800"'), 422, "invalid_unicode"),
    "1 lone surrogate in a property": Row(
        raw("properties", r'{"colour": "\udfff"}'), 422, "invalid_unicode"
    ),
    "1 lone surrogate in a key": Row(raw("properties", r'{"\ud800": 1}'), 422, "invalid_unicode"),
    "1 lone surrogate in an unknown field": Row(raw("x", r'"a\ud800b"'), 422, "invalid_unicode"),
    "1 a pair of surrogates the wrong way round": Row(
        raw("session_id", r'"\ude00\ud83d"'), 422, "invalid_unicode"
    ),
    "1 lone surrogate in a title": item("title", r'"\ud800"', "invalid_unicode"),
    "1 lone surrogate in a tag": item("tags", r'["a", "\udc00"]', "invalid_unicode"),
    "1 lone surrogate in an attribute": put(
        "/users/7", r'{"attributes": {"plan": "\ud800"}}', "invalid_unicode"
    ),
    "1 lone surrogate in a rule": rule(r'{"kind": "block", "tag": "\ud800"}', "invalid_unicode"),
    "1 lone surrogate in a category": question("category", r'["\ud800"]', "invalid_unicode"),
    "13 UTF-16": Row(event().decode().encode("utf-16"), 400, "not_utf8"),
    "13 UTF-16 without its mark": Row(event().decode().encode("utf-16-le"), 400, "not_utf8"),
    "13 UTF-16, big end first": Row(event().decode().encode("utf-16-be"), 400, "not_utf8"),
    "13 UTF-32": Row(event().decode().encode("utf-32"), 400, "not_utf8"),
    "13 UTF-7": Row(b"+AHsAfQ-", 400, "invalid_json"),
    "13 Latin-1": Row('{"title": "é"}'.encode("latin-1"), 400, "not_utf8"),
    "13 a byte order mark": Row(b"\xef\xbb\xbf" + event(), 400, "not_utf8"),
    "13 a broken character": Row(b'{"a": "\xff"}', 400, "not_utf8"),
    "13 half a character": Row(b'{"a": "\xe2\x82"}', 400, "not_utf8"),
    "13 a slash written too long": Row(b'{"a": "\xc0\xaf"}', 400, "not_utf8"),
    "13 beyond Unicode": Row(b'{"a": "\xf4\x90\x80\x80"}', 400, "not_utf8"),
    "13 a surrogate written in UTF-8": Row(b'{"a": "\xed\xa0\x80"}', 400, "not_utf8"),
    "13 a batch in UTF-16": Row(
        batch(event()).decode().encode("utf-16"), 400, "not_utf8", "/events"
    ),
}
# What no id may hold, by what it is; numbers 11 and 12 of the list.
NO_IDS = {
    "11 NUL": "a\x00",
    "11 CR LF": "a\r\nb",
    "11 a line feed behind": "a\n",
    "11 a tab": "a\tb",
    "11 DEL": "a\x7f",
    "11 a control character of Latin-1": "a\x85b",
    "11 a line separator": "a\u2028b",
    "11 a bidirectional override": "a\u202eb",
    "11 a mark from right to left": "a\u200fb",
    "11 nothing visible": "a\u200b",
    "11 a joiner": "a\u200db",
    "11 a byte order mark": "\ufeffa",
    "11 a soft hyphen": "a\u00adb",
    "11 a combining accent": "e\u0301",
    "11 a letter with an accent": "é",
    "11 a letter that looks like another": "\u0430dmin",
    "11 digits of another script": "\u0661",
    "11 full width": "\uff17",
    "11 an emoji": "\U0001f3d5",
    "11 a space that does not break": "a\u00a0b",
    "12 nothing at all": "",
    "12 a space": " ",
    "12 a space behind": "a ",
    **{f"12 {sign}": f"a{sign}b" for sign in ":{}*?[]|/\\%\"'`<>;,&$#!^=+()"},
    "12 a dot first": ".a",
    "12 a hyphen first": "-a",
    "12 a parent folder": "../../etc/passwd",
    "12 a key of the store": "{0}:profile:7",
    "12 a command": "a\r\nFLUSHALL\r\n",
    "12 an address": "https://shop.example/tent",
    "12 129 characters": "a" * 129,
    "12 100,000 characters": "a" * 100_000,
}
