# SPDX-License-Identifier: MIT
"""Just enough D-Bus to call anything with any bytes: no process to start, no library that checks.

Values are Python's: str or bytes for s and o, int, bool, list, tuple for a struct, dict for a{..},
(signature, value) for a variant.
"""

import os
import socket
import struct
import time

PATH, INTERFACE, MEMBER, ERROR_NAME, REPLY_SERIAL, DESTINATION, SIGNATURE, UNIX_FDS = 1, 2, 3, 4, 5, 6, 8, 9
METHOD_CALL, METHOD_RETURN, ERROR = 1, 2, 3
FORMATS = {'y': 'B', 'b': 'I', 'n': 'h', 'q': 'H', 'i': 'i', 'u': 'I', 'x': 'q', 't': 'Q', 'd': 'd', 'h': 'I'}
DAEMON, ROOT = 'org.xmppft.Daemon1', '/org/xmppft/Daemon1'
MANAGER, ACCOUNT, JOB = 'org.xmppft.Manager1', 'org.xmppft.Account1', 'org.xmppft.Job1'


class BusError(RuntimeError):
    """An error reply: its `name`, and its text as str()."""

    def __init__(self, name, text):
        super().__init__(text)
        self.name = name


def _first_type(signature):
    """The first complete type of a signature."""
    if signature[0] == 'a':
        return 'a' + _first_type(signature[1:])
    if signature[0] in '({':
        depth = 0
        for index, char in enumerate(signature):
            depth += (char in '({') - (char in ')}')
            if depth == 0:
                return signature[:index + 1]
    return signature[0]


def types_of(signature):
    types = []
    while signature:
        types.append(_first_type(signature))
        signature = signature[len(types[-1]):]
    return types


def _alignment(kind):
    if kind[0] in '({':
        return 8
    if kind[0] in 'soa':
        return 4
    return struct.calcsize(FORMATS[kind[0]]) if kind[0] in FORMATS else 1


class _Writer:
    def __init__(self):
        self.data = bytearray()

    def align(self, size):
        self.data += bytes(-len(self.data) % size)

    def put(self, kind, value):
        self.align(_alignment(kind))
        if kind in FORMATS:
            self.data += struct.pack('<' + FORMATS[kind], value)
        elif kind in 'so':
            raw = value if isinstance(value, bytes) else value.encode()
            self.data += struct.pack('<I', len(raw)) + raw + b'\0'
        elif kind == 'g':
            self.data += bytes([len(value)]) + value.encode() + b'\0'
        elif kind == 'v':
            self.put('g', value[0])
            self.put(*value)
        elif kind[0] == 'a':
            place = len(self.data)
            self.data += bytes(4)
            self.align(_alignment(kind[1:]))
            start = len(self.data)
            for item in value.items() if isinstance(value, dict) else value:
                self.put(kind[1:], item)
            self.data[place:place + 4] = struct.pack('<I', len(self.data) - start)
        else:
            for each, item in zip(types_of(kind[1:-1]), value):
                self.put(each, item)


class _Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def align(self, size):
        self.at += -self.at % size

    def take(self, size):
        self.at += size
        return self.data[self.at - size:self.at]

    def get(self, kind):
        self.align(_alignment(kind))
        if kind in FORMATS:
            form = '<' + FORMATS[kind]
            value = struct.unpack(form, self.take(struct.calcsize(form)))[0]
            return bool(value) if kind == 'b' else value
        if kind in 'so':
            length = struct.unpack('<I', self.take(4))[0]
            return self.take(length + 1)[:-1].decode()
        if kind == 'g':
            return self.take(self.take(1)[0] + 1)[:-1].decode()
        if kind == 'v':
            return self.get(self.get('g'))
        if kind[0] == 'a':
            length = struct.unpack('<I', self.take(4))[0]
            self.align(_alignment(kind[1:]))
            end = self.at + length
            items = []
            while self.at < end:
                items.append(self.get(kind[1:]))
            return dict(items) if kind[1] == '{' else items
        return tuple(self.get(each) for each in types_of(kind[1:-1]))


class Connection:
    """A client of one bus. call() blocks; send() and answer() let several calls be under way."""

    def __init__(self, bus_socket):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(str(bus_socket))
        self.serial = 0
        self.buffer = b''
        self.replies = {}     # by serial, not yet taken
        self.taken = set()
        uid = str(os.getuid()).encode().hex()
        self.socket.sendall(b'\0AUTH EXTERNAL ' + uid.encode() + b'\r\n')
        assert self.socket.recv(512).startswith(b'OK ')
        self.socket.sendall(b'NEGOTIATE_UNIX_FD\r\n')
        assert self.socket.recv(512).startswith(b'AGREE_UNIX_FD')
        self.socket.sendall(b'BEGIN\r\n')
        self.call('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'Hello')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, destination, path, interface, member, signature='', arguments=(), fds=()):
        """Sends a call. A value of type h is an index into `fds`. Returns its serial."""
        self.serial += 1
        body = _Writer()
        for kind, value in zip(types_of(signature), arguments, strict=True):
            body.put(kind, value)
        fields = [(PATH, ('o', path)), (INTERFACE, ('s', interface)), (MEMBER, ('s', member)),
                  (DESTINATION, ('s', destination)), (SIGNATURE, ('g', signature)),
                  (UNIX_FDS, ('u', len(fds)))]
        head = _Writer()
        for kind, value in zip('yyyyuu', (ord('l'), METHOD_CALL, 0, 1, len(body.data), self.serial)):
            head.put(kind, value)
        head.put('a(yv)', [field for field in fields if field[1][1]])
        head.align(8)
        message = head.data + body.data
        sent = socket.send_fds(self.socket, [message], fds) if fds else 0
        self.socket.sendall(message[sent:])
        return self.serial

    def await_reply(self, serial):
        """Waits for the reply to a call: (type, header fields, body)."""
        while serial not in self.replies:
            kind, fields, body = self._next_message()
            if kind in (METHOD_RETURN, ERROR):
                to = fields[REPLY_SERIAL]
                assert to not in self.replies and to not in self.taken, f'a second reply: {fields}'
                self.replies[to] = kind, fields, body
        self.taken.add(serial)
        return self.replies.pop(serial)

    def answer(self, serial):
        """Waits for the reply to a call: the tuple of its values. Raises BusError."""
        kind, fields, body = self.await_reply(serial)
        reader = _Reader(body)
        values = tuple(reader.get(each) for each in types_of(fields.get(SIGNATURE, '')))
        if kind == ERROR:
            raise BusError(fields[ERROR_NAME], values[0] if values else '')
        return values

    def call(self, destination, path, interface, member, signature='', arguments=()):
        """Calls and waits."""
        return self.answer(self.send(destination, path, interface, member, signature, arguments))

    def _next_message(self):
        """(type, header fields, body) of the next message."""
        self._fill(16)
        body_length, _, fields_length = struct.unpack('<III', self.buffer[4:16])
        start = 16 + fields_length + (-fields_length % 8)
        self._fill(start + body_length)
        head = _Reader(self.buffer[:start])
        _, kind, _, _, _, _, fields = (head.get(each) for each in types_of('yyyyuua(yv)'))
        body = self.buffer[start:start + body_length]
        self.buffer = self.buffer[start + body_length:]
        return kind, dict(fields), body

    def _fill(self, count):
        while len(self.buffer) < count:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError('the bus closed the connection')
            self.buffer += data

    def list_jobs(self):
        """Manager1.ListJobs with an empty filter, all fields, 100 rows. Returns its seconds."""
        start = time.monotonic()
        self.await_reply(self.send(DAEMON, ROOT, MANAGER, 'ListJobs', 'a{sv}assu', ({}, [], '', 100)))
        return time.monotonic() - start
