# SPDX-License-Identifier: MIT
"""Just enough D-Bus to time a call: no process to start, no library to install."""

import os
import socket
import struct
import time

PATH, INTERFACE, MEMBER, DESTINATION, SIGNATURE = 1, 2, 3, 6, 8
METHOD_CALL, METHOD_RETURN, ERROR = 1, 2, 3


def _aligned(data, size):
    return data + bytes(-len(data) % size)


def _string(text):
    raw = text.encode()
    return struct.pack('<I', len(raw)) + raw + b'\0'


def _header_field(code, signature, text):
    if signature == 'g':
        value = bytes([len(text)]) + text.encode() + b'\0'
    else:
        value = _string(text)
    return bytes([code, 1]) + signature.encode() + b'\0' + value


class Connection:
    """A client of one bus. Calls are blocking and one at a time."""

    def __init__(self, bus_socket):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(str(bus_socket))
        self.serial = 0
        self.buffer = b''
        uid = str(os.getuid()).encode().hex()
        self.socket.sendall(b'\0AUTH EXTERNAL ' + uid.encode() + b'\r\n')
        assert self.socket.recv(512).startswith(b'OK ')
        self.socket.sendall(b'BEGIN\r\n')
        self.call('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'Hello')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def call(self, destination, path, interface, member, signature='', body=b''):
        """Calls and waits. Raises RuntimeError on an error reply."""
        self.serial += 1
        fields = b''
        for code, kind, text in ((PATH, 'o', path), (INTERFACE, 's', interface), (MEMBER, 's', member),
                                 (DESTINATION, 's', destination), (SIGNATURE, 'g', signature)):
            if text:
                fields = _aligned(fields, 8) + _header_field(code, kind, text)
        head = struct.pack('<cBBBIII', b'l', METHOD_CALL, 0, 1, len(body), self.serial, len(fields))
        self.socket.sendall(_aligned(head + fields, 8) + body)
        while True:
            kind, reply_serial = self._next_message()
            if reply_serial == self.serial:
                if kind == ERROR:
                    raise RuntimeError(f'{interface}.{member} answered with an error')
                return

    def _next_message(self):
        """(type, the serial it replies to or None) of the next message."""
        self._fill(16)
        kind = self.buffer[1]
        body_length, _, fields_length = struct.unpack('<III', self.buffer[4:16])
        total = 16 + fields_length + (-fields_length % 8) + body_length
        self._fill(total)
        fields = self.buffer[16:16 + fields_length]
        self.buffer = self.buffer[total:]
        if kind not in (METHOD_RETURN, ERROR):
            return kind, None
        # REPLY_SERIAL is code 5, a variant of type u, and fields start on multiples of 8.
        for start in range(0, len(fields), 8):
            if fields[start:start + 4] == b'\x05\x01u\0':
                return kind, struct.unpack('<I', fields[start + 4:start + 8])[0]
        return kind, None

    def _fill(self, count):
        while len(self.buffer) < count:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError('the bus closed the connection')
            self.buffer += data

    def list_jobs(self):
        """Manager1.ListJobs with an empty filter, all fields, 100 rows. Returns its seconds."""
        start = time.monotonic()
        body = bytes(8) + bytes(4) + bytes(5)   # a{sv} (padded to 8), as, s
        self.call('org.xmppft.Daemon1', '/org/xmppft/Daemon1', 'org.xmppft.Manager1', 'ListJobs',
                  'a{sv}assu', _aligned(body, 4) + struct.pack('<I', 100))
        return time.monotonic() - start
