"""A visitor of a Streamlit page without a browser: the protocol of the web socket, in a few messages."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from typing import Any

import websockets
from google.protobuf.message import Message
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

MEGABYTES = 2**20 * 200


class Visitor:
    """One session: opens a page, fills widgets by their session key, and asks for fragments as a browser does.

    Attributes
    ----------
    widgets : dict of str to str
        Session key -> the id of a widget that is on the page.
    exceptions : list of str
        Tracebacks the page has shown.
    """

    def __init__(self, address: str, page: str, query: str = "") -> None:
        self.address, self.page, self.query = address, page, query
        self.widgets: dict[str, str] = {}
        self.exceptions: list[str] = []
        self._hash = ""
        self._pages: dict[str, str] = {}  # page -> the hash of its script
        self._finished = asyncio.Event()
        self._timers: dict[str, asyncio.Task] = {}
        self._socket: Any = None
        self._reader: asyncio.Task | None = None

    async def open(self, limit: float = 600) -> float:
        """Open the page; gives the seconds until its script has run to its end."""
        start = time.monotonic()
        self._socket = await websockets.connect(
            f"{self.address}/_stcore/stream", subprotocols=[websockets.Subprotocol("streamlit")], max_size=MEGABYTES
        )
        self._reader = asyncio.create_task(self._read())
        await self._rerun()
        await asyncio.wait_for(self._finished.wait(), limit)
        return time.monotonic() - start

    async def go(self, page: str, limit: float = 600) -> float:
        """Choose another page in the menu; gives the seconds until its script has run to its end."""
        start = time.monotonic()
        self._finished.clear()
        self.page, self.query, self._hash = page, "", self._pages[page]
        await self._rerun()
        await asyncio.wait_for(self._finished.wait(), limit)
        return time.monotonic() - start

    async def set(self, key: str, value: str | bool | None = None, *, wait: bool = True, limit: float = 600) -> float:
        """Fill a text widget, flip a toggle, or press a button (None); gives the seconds until the page has run.

        Raises
        ------
        KeyError
            No such widget is on the page.
        """
        start = time.monotonic()
        self._finished.clear()
        message = self._message()
        state = message.rerun_script.widget_states.widgets.add(id=self.widgets[key])
        if value is None:
            state.trigger_value = True
        elif isinstance(value, bool):
            state.bool_value = value
        else:
            state.string_value = value
        await self._socket.send(message.SerializeToString())
        if wait:
            await asyncio.wait_for(self._finished.wait(), limit)
        return time.monotonic() - start

    async def again(self, limit: float = 600) -> float:
        """Run the page's script again, as any click does; gives the seconds until it has."""
        start = time.monotonic()
        self._finished.clear()
        await self._rerun()
        await asyncio.wait_for(self._finished.wait(), limit)
        return time.monotonic() - start

    async def until(self, key: str, limit: float = 600) -> None:
        """Wait until a widget is on the page."""
        async with asyncio.timeout(limit):
            while key not in self.widgets:
                await asyncio.sleep(0.05)

    async def settled(self) -> None:
        """Wait until the page has run to its end and no part of it asks again by itself."""
        while not self._finished.is_set() or self._timers:
            await asyncio.sleep(0.2)

    async def close(self) -> None:
        """Close the tab."""
        self._stop_timers()
        if self._reader is not None:
            self._reader.cancel()
        if self._socket is not None:
            await self._socket.close()

    def _message(self) -> BackMsg:
        message = BackMsg()
        message.rerun_script.query_string = self.query
        if self._hash:
            message.rerun_script.page_script_hash = self._hash
        else:
            message.rerun_script.page_name = self.page
        return message

    async def _rerun(self, fragment: str = "") -> None:
        message = self._message()
        if fragment:
            message.rerun_script.fragment_id = fragment
            message.rerun_script.is_auto_rerun = True
        await self._socket.send(message.SerializeToString())

    async def _read(self) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            async for data in self._socket:
                message = ForwardMsg()
                message.ParseFromString(data)
                self._handle(message)

    def _handle(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._hash = message.new_session.page_script_hash
            if not message.metadata.run.fragment_ids:
                self._stop_timers()
                self.widgets.clear()
        elif kind == "navigation":
            self._hash = message.navigation.page_script_hash  # of the page itself; a new session names the frame's
            for page in message.navigation.app_pages:
                self._pages["home" if page.is_default else page.url_pathname] = page.page_script_hash
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._element(message.delta.new_element)
        elif kind == "auto_rerun":
            self._start_timer(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self._stop_timers(fragment)
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
            self._finished.set()

    def _element(self, element: Message) -> None:
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.exceptions.append(f"{element.exception.type}: {element.exception.message}")
        id = getattr(getattr(element, kind or "", None), "id", "")
        if isinstance(id, str) and id.startswith("$$ID-"):
            self.widgets[id.split("-", 2)[2]] = id

    def _start_timer(self, fragment: str, interval: float) -> None:
        async def tick() -> None:
            while True:
                await asyncio.sleep(interval)
                await self._rerun(fragment)

        self._stop_timers(fragment)
        self._timers[fragment] = asyncio.create_task(tick())

    def _stop_timers(self, fragment: str | None = None) -> None:
        for name in [fragment] if fragment else list(self._timers):
            timer = self._timers.pop(name, None)
            if timer is not None:
                timer.cancel()


def proteins(count: int, low: int, high: int, seed: int = 0) -> Iterator[str]:
    """Random proteins of random lengths, the same for everybody."""
    import random

    dice = random.Random(seed)
    for _ in range(count):
        yield "".join(dice.choices("ACDEFGHIKLMNPQRSTVWY", k=dice.randint(low, high)))
