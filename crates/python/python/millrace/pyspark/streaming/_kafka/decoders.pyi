from collections.abc import Callable
from typing import Any

def utf8_decoder(s: bytes | None) -> str | None: ...

class Decoding:
    wanted: dict[str, bool]
    rest: Callable[[Any], Any] | None
    def __init__(
        self,
        key: Callable[[bytes | None], Any],
        value: Callable[[bytes | None], Any],
        handler: Callable[[Any], Any] | None = ...,
        headers: bool = ...,
    ) -> None: ...
