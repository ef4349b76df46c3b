"""Frames as they come in: what is none of Engine.IO's is kept from it.

python-engineio fails on some bad frames with the socket left open, and sets no limit to others.
"""

from collections.abc import Awaitable, Callable

from starlette.types import Message, Receive

FRAME_BYTES = 16_384
# Close, pong, message: all that a client over WebSocket has to say.
_KINDS = ("1", "3", "4")
_END: Message = {"type": "websocket.disconnect", "code": 1009}

BadFrame = Callable[[], Awaitable[bool]]


def checked(receive: Receive, bad_frame: BadFrame) -> Receive:
    """`receive` without the bad frames; each is told to `bad_frame`, which says whether to go on."""

    async def receive_checked() -> Message:
        while True:
            message = await receive()
            if message["type"] != "websocket.receive" or _is_good(message.get("text")):
                return message
            if not await bad_frame():
                return _END

    return receive_checked


def _is_good(text: str | None) -> bool:
    return text is not None and text[:1] in _KINDS and len(text.encode()) <= FRAME_BYTES
