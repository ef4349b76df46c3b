"""Ids of files as ids that the service takes."""

import re
from hashlib import blake2b

from service.importing.fields import ID

LONGEST = 100  # leaves room for what is put in front of an id
_WHOLE_FLOAT = re.compile(r"(-?\d+)\.0+")


class ValidIds(dict[str, str]):
    """Texts as valid ids, each looked at once: equal ones share one string. `ids[text]` is `valid_id(text)`."""

    def __missing__(self, text: str) -> str:
        valid = self[text] = valid_id(text)
        return valid


def valid_id(text: str) -> str:
    """The text itself where it is a valid id, else a digest of it: always the same one, and never another text's.

    Whole numbers written as fractions (`17850.0`) are the numbers: a file may hold both.
    """
    text = text.strip()
    whole = _WHOLE_FLOAT.fullmatch(text)
    if whole:
        text = whole[1]
    if len(text) <= LONGEST and ID.fullmatch(text):
        return text
    return "id-" + blake2b(text.encode(errors="surrogateescape"), digest_size=16).hexdigest()
