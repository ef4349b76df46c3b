"""Keys by their ids, and what was taken back of those who came with one."""

from pydantic import ConfigDict, Field

from service.key_undo import KeyUndone, KeyUse
from web.wire.fields import Output

_KEY_ID = "The first eight digits of the key's SHA-256."
_EXAMPLE = "5f3a09c1"


class UsedKey(Output):
    """A key, by its id; the key itself is shown nowhere."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"key_id": _EXAMPLE, "kind": "write", "users": 120}]}
    )

    key_id: str = Field(description=_KEY_ID)
    kind: str | None = Field(description="write, server or admin; null for one no longer set.")
    users: int = Field(description="Users first seen with this write key, lately 100,000 at most.")

    @classmethod
    def of(cls, use: KeyUse) -> "UsedKey":
        return cls(key_id=use.key_id, kind=use.kind or None, users=use.users)


class UsedKeys(Output):
    """The keys that are set, and those that were and have brought users."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"keys": [{"key_id": _EXAMPLE, "kind": "write", "users": 120}]}]
        }
    )

    keys: list[UsedKey] = Field(
        description="By kind: write, server, admin; then those no longer set."
    )


class UndoneKey(Output):
    """What was taken back in one step; repeat the call until none is left."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"key_id": _EXAMPLE, "users": 120, "visits": 131, "keys": 620, "left": 0}]
        }
    )

    key_id: str = Field(description=_KEY_ID)
    users: int = Field(description="Users forgotten now.")
    visits: int = Field(description="Their sessions and baskets, taken back from the counts.")
    keys: int = Field(description="Redis keys removed.")
    left: int = Field(description="Users of this key who are still there.")

    @classmethod
    def of(cls, undone: KeyUndone) -> "UndoneKey":
        return cls(
            key_id=undone.key_id,
            users=undone.users,
            visits=undone.visits,
            keys=undone.keys,
            left=undone.left,
        )
