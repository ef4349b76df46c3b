"""What a loaded shop has counted, for comparing one load with another."""

from typing import Any

import fakeredis

from tests.store.dump import dump

# These hold the time at which they were written, and a database's own secret.
_DATED = ("tandem:meta", "tandem:item", "tandem:{0}:profile:")


def counted(server: fakeredis.FakeServer) -> dict[str, Any]:
    """All keys but those that no two loads could have alike."""
    redis = fakeredis.FakeRedis(server=server, decode_responses=True)
    held = dump(redis, "tandem:")
    return {key: value for key, value in held.items() if not key.startswith(_DATED)}
