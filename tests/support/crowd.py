# SPDX-License-Identifier: MIT
"""crowd.py PORT HEX: a thousand addresses, 10.77.0.1 to 10.77.3.250, connect to 127.0.0.1:PORT, one after
another, a thousand times a second; each says the bytes of HEX and stays for some seconds. Runs until it
is killed and prints how many came and in how many seconds, once a thousand. Those addresses must be this host's."""

import collections
import resource
import socket
import sys
import time

ADDRESSES = 1000
RATE = 1000        # connections a second
STAYS = 3          # seconds
BIND_ADDRESS_NO_PORT = 24


def flood(port, says):
    resource.setrlimit(resource.RLIMIT_NOFILE, (20000, 20000))
    kept = collections.deque()
    started, begun, told = time.monotonic(), 0, 0
    while True:
        due = int((time.monotonic() - started) * RATE)
        for _ in range(due - begun):
            who = begun % ADDRESSES
            begun += 1
            one = socket.socket()
            one.setblocking(False)
            one.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
            one.bind((f'10.77.{who // 250}.{who % 250 + 1}', 0))
            one.connect_ex(('127.0.0.1', port))
            kept.append((time.monotonic(), one))
            try:
                one.send(says)
            except OSError:
                pass   # refused, or not through yet
        while kept and kept[0][0] < time.monotonic() - STAYS:
            kept.popleft()[1].close()
        if begun - told >= RATE:
            told = begun
            print(begun, time.monotonic() - started, flush=True)
        time.sleep(0.001)


flood(int(sys.argv[1]), bytes.fromhex(sys.argv[2]))
