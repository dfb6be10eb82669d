# SPDX-License-Identifier: MIT
"""The tour that packaging/quickstart gives once all is installed and built."""

import os
import pathlib
import shlex
import signal
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'tests' / 'support'))
from lab import METHODS, Lab, password_of, sha256  # noqa: E402

MIB = 1 << 20
SIZE = {'si-socks5/direct': 64 * MIB, 'si-socks5/proxy': 64 * MIB, 'si-ibb': 4 * MIB}


def say(text):
    print(text, flush=True)


def table(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return '\n'.join('  '.join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
                     for row in rows)


def set_up(lab):
    lab.server.start()
    say(f'Prosody for {lab.server.domain} listens on {lab.server.address}, '
        f'its SOCKS5 proxy on port {lab.server.proxy_port}')
    for user, daemon in lab.daemons.items():
        daemon.start()
        lab.add_account(user)
        say(f'{user}: xmppftd runs (pid {daemon.child.pid}), online as {lab.jid(user)}')
    lab.befriend_all()
    inbox = lab.accept_from('bob', 'ann')
    say(f"bob: takes ann's files into {inbox} without asking\n")
    return inbox


def send(lab, inbox, method):
    """One file by one method. Returns its row of the table."""
    source = lab.files / f'{method.replace("/", "-")}.bin'
    source.write_bytes(os.urandom(SIZE[method]))
    arguments = ['send', str(source), '--to', lab.jid('bob'), '--method', method, '--wait']
    say('ann$ xmppftctl ' + shlex.join(arguments))
    start = time.monotonic()
    lab.ann.ctl(*arguments)
    seconds = time.monotonic() - start
    sent, arrived = sha256(source), sha256(inbox / source.name)
    if sent != arrived:
        raise AssertionError(f'{source.name} arrived different: {sent} became {arrived}')
    return (method, f'{SIZE[method] // MIB} MiB', f'{seconds:.2f}',
            f'{SIZE[method] / MIB / seconds:.1f} MiB/s', sent, arrived)


# Field 22 of /proc/PID/stat is when the process began: another one under the same pid is left alone.
STOP = '''for one in STARTED; do
  pid=${one%:*}
  began=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d ' ' -f 20)
  [ "$began" = "${one#*:}" ] && kill "$pid"
done
'''


def started_at(pid):
    return pathlib.Path(f'/proc/{pid}/stat').read_text().rpartition(') ')[2].split()[19]


def keep_up(lab):
    """Leaves scripts that speak for each user, and one that ends it all."""
    pids = [child.pid for daemon in lab.daemons.values() for child in (daemon.child, daemon.bus)]
    pids.append(lab.server.child.pid)
    started = ' '.join(f'{pid}:{started_at(pid)}' for pid in pids)
    for user, daemon in lab.daemons.items():
        exports = ''.join(f'export {name}={shlex.quote(value)}\n'
                          for name, value in daemon.own_env.items() if name != 'HOME')
        write_script(lab.directory / f'{user}.env', exports, mode=0o600)
        write_script(lab.directory / user / 'ctl',
                     f'#!/bin/sh\n{exports}exec {shlex.quote(str(daemon.ctl_path))} "$@"\n')
    directory = shlex.quote(str(lab.directory))
    write_script(lab.directory / 'stop',
                 f'#!/bin/sh\n{STOP.replace("STARTED", started)}sleep 2\nrm -rf {directory}\n')
    say(f'''
It stays up. To play on:
  {directory}/ann/ctl status
  {directory}/ann/ctl send FILE --to {lab.jid("bob")} --wait
  {directory}/bob/ctl queue list
or in a shell of your own, as ann:
  . {directory}/ann.env && {shlex.quote(str(lab.ann.ctl_path))} contacts
Logs: {directory}/ann/daemon.log, {directory}/bob/daemon.log. Passwords: {password_of("ann")}, {password_of("bob")}.
To start a daemon that was killed again, as ann:
  . {directory}/ann.env && {shlex.quote(str(lab.ann.daemon_path))} &
To stop it and remove all:
  {directory}/stop''')


def write_script(path, text, mode=0o700):
    path.write_text(text)
    path.chmod(mode)


def main():
    keep = '--keep' in sys.argv[1:]
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(130))
    lab = Lab(raw_users=(), directory=tempfile.mkdtemp(prefix='xmppft-quickstart.'), keep=keep)
    kept = False
    try:
        inbox = set_up(lab)
        rows = [send(lab, inbox, method) for method in METHODS]
        say('\n' + table([('METHOD', 'SIZE', 'SECONDS', 'RATE', 'SHA-256 SENT', 'SHA-256 RECEIVED'),
                          *rows]))
        if keep:
            keep_up(lab)
            kept = True
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        sys.exit(f'{error}\n{lab.logs()}')
    finally:
        if not kept:
            lab.teardown()
            lab.remove()


main()
