# SPDX-License-Identifier: MIT
"""A TCP proxy that counts what passes and does to it what networks do: delays, fragments, glues, flips, cuts.

    chaos = Chaos(('127.0.0.1', server.port))      # clients connect to chaos.port
    chaos.down.at(5 << 20, daemon.kill)            # once so many bytes passed, before one more does
    chaos.up.manner = Manner(piece=1)              # of connections from now on
"""

import dataclasses
import socket
import struct
import threading
import time

RESET, END, HALF_END, SILENCE = 'reset', 'end', 'half-end', 'silence'
BLOCK = 1 << 18
HELD = 512 << 10    # bytes in each of its sockets' buffers


@dataclasses.dataclass(frozen=True)
class Manner:
    """How the bytes of one direction of a connection are passed on. `head`: of how many of them, None of all."""

    piece: int = 0         # at most so many bytes at a time
    pause: float = 0       # seconds before each piece
    glue: float = 0        # for so many seconds what comes is collected, then passed on at once
    head: int | None = None
    flip_at: int | None = None   # one bit of the byte at this place
    cut_at: int | None = None    # after so many bytes...
    cut: str = RESET             # ... this comes


class Flow:
    """One direction of all connections together."""

    def __init__(self):
        self.count = 0           # bytes read from who sends, ever
        self.manner = Manner()
        self.flips = self.cuts = 0
        self._lock = threading.Lock()
        self._deeds = []         # (count, deed)
        self._open = threading.Event()
        self._open.set()

    def at(self, count, deed):
        """Calls `deed` on a thread of the proxy when that many more bytes have passed, before one more does."""
        with self._lock:
            self._deeds.append((self.count + count, deed))

    def forget(self):
        """No deed that has not been done will be."""
        with self._lock:
            self._deeds.clear()

    def hold(self):
        """Nothing passes any more, as on a line that is dead; go() ends that."""
        self._open.clear()

    def go(self):
        self._open.set()

    def pass_on(self, data, send):
        """Counts `data` and sends it, stopping for each deed at its place."""
        while data:
            self._open.wait()
            with self._lock:
                due = min((place for place, _ in self._deeds), default=self.count + len(data))
                part = min(len(data), max(0, due - self.count))
                self.count += part
            if part:
                send(data[:part])
                data = data[part:]
            self._do_what_is_due()

    def _do_what_is_due(self):
        with self._lock:
            due = [deed for place, deed in self._deeds if place <= self.count]
            self._deeds = [each for each in self._deeds if each[0] > self.count]
        for deed in due:
            deed()


class Link:
    """One connection: the client's socket and ours to the target."""

    def __init__(self, client, target):
        self.sockets = client, target
        self.ended = 0
        self.lock = threading.Lock()

    def reset(self):
        for each in self.sockets:
            try:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                each.shutdown(socket.SHUT_RD)  # wakes the thread that reads it, and tells the other end nothing
            except OSError:
                pass
            each.close()

    def end(self):
        for each in self.sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()

    def half_end(self, sink):
        """`sink` gets no more bytes; once that is so of both, the connection is over."""
        with self.lock:
            self.ended += 1
            if self.ended == 2:
                return self.end()
        try:
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Chaos:
    """Listens on `host`:`port` (0: any) for connections to `target`. `up` is what clients say, `down` the answer."""

    def __init__(self, target, host='127.0.0.1', port=0):
        self.target = target
        self.up, self.down = Flow(), Flow()
        self.links = []
        self.host = host
        self.port = port
        self.door = None
        self.open()

    def open(self):
        self.door = socket.socket()
        self.door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.door.bind((self.host, self.port))
        self.door.listen(64)
        self.port = self.door.getsockname()[1]
        threading.Thread(target=self._serve, args=[self.door], daemon=True).start()

    def shut(self):
        """Further connections are refused; those that are, stay."""
        if self.door:
            self.door.shutdown(socket.SHUT_RDWR)
            self.door.close()
            self.door = None

    def reset(self):
        """Every connection ends with a reset, on both sides."""
        links, self.links = self.links, []
        for link in links:
            link.reset()

    def close(self):
        self.shut()
        self.reset()
        for flow in (self.up, self.down):
            flow.forget()
            flow.go()

    def _serve(self, door):
        while True:
            try:
                client, _ = door.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=[client], daemon=True).start()

    def _join(self, client):
        try:
            target = socket.create_connection(self.target, timeout=20)
        except OSError:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            return client.close()
        target.settimeout(None)
        for each in (client, target):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # What the proxy holds is lost with a connection, and no fault of whom it stands between. Some machines
            # let sockets grow to 32 MiB.
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, HELD)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, HELD)
        link = Link(client, target)
        self.links = [*(each for each in self.links if each.ended < 2), link]
        threading.Thread(target=_pump, args=[link, client, target, self.up], daemon=True).start()
        _pump(link, target, client, self.down)


def _pump(link, source, sink, flow):
    manner, passed = flow.manner, 0
    try:
        while data := source.recv(BLOCK):
            in_head = manner.head is None or passed < manner.head
            if manner.glue and in_head:
                time.sleep(manner.glue)
                data += _what_came(source)
            if manner.flip_at is not None and passed <= manner.flip_at < passed + len(data):
                flow.flips += 1
                place = manner.flip_at - passed
                data = data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1:]
            whole = manner.cut_at is None or passed + len(data) < manner.cut_at
            if not whole:
                data = data[:manner.cut_at - passed]
            flow.pass_on(data, lambda part: _send(sink, part, manner, in_head))
            passed += len(data)
            if not whole:
                flow.cuts += 1
                return _cut(link, sink, manner.cut)
        link.half_end(sink)
    except OSError:
        link.reset()


def _what_came(source):
    try:
        return source.recv(BLOCK, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return b''


def _send(sink, data, manner, in_head):
    step = manner.piece if manner.piece and in_head else len(data)
    for start in range(0, len(data), step):
        if manner.pause:
            time.sleep(manner.pause)
        sink.sendall(data[start:start + step])


def _cut(link, sink, how):
    if how == RESET:
        link.reset()
    elif how == END:
        link.end()
    elif how == HALF_END:
        link.half_end(sink)
