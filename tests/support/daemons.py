# SPDX-License-Identifier: MIT
"""One user's xmppftd on a private bus, driven by xmppftctl as a person would."""

import json
import os
import pathlib
import shlex
import subprocess

from process import Child, cpu_seconds, status_kib, wait_for

BUS_CONFIG = '''<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  {more}
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
'''

# Loopback addresses are neither advertised nor accepted unless listed; all of ours are on loopback.
CONFIG = {'network': {'trusted': ['127.0.0.0/8', '::1/128']}}


class CommandFailed(AssertionError):
    def __init__(self, argv, done):
        super().__init__(f'{shlex.join(argv)}: exit {done.returncode}\n{done.stdout}{done.stderr}')
        self.exit = done.returncode
        self.stderr = done.stderr


class Daemon:
    """xmppftd with its own bus and its own home, config, state and runtime directories."""

    def __init__(self, directory, build, config=None, env=None, keep=False, wrapper=()):
        self.directory = pathlib.Path(directory)
        self.build = pathlib.Path(build)
        self.keep = keep
        self.wrapper = list(wrapper)
        self.bus = self.child = None
        for name in ('config/xmppft', 'state', 'runtime', 'data', 'cache', 'downloads'):
            (self.directory / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        self.downloads = self.directory / 'downloads'
        self.socket = self.directory / 'runtime' / 'bus'
        self.own_env = {
            'HOME': str(self.directory),
            'XDG_CONFIG_HOME': str(self.directory / 'config'),
            'XDG_STATE_HOME': str(self.directory / 'state'),
            'XDG_DATA_HOME': str(self.directory / 'data'),
            'XDG_CACHE_HOME': str(self.directory / 'cache'),
            'XDG_RUNTIME_DIR': str(self.directory / 'runtime'),
            'DBUS_SESSION_BUS_ADDRESS': f'unix:path={self.socket}',
        }
        passed_on = {name: value for name, value in os.environ.items()
                     if name == 'PATH' or name.endswith('SAN_OPTIONS')}
        self.env = {**passed_on, 'LANG': 'C.UTF-8', 'LC_ALL': 'C.UTF-8', 'TERM': 'dumb',
                    'NO_COLOR': '1', **self.own_env, **(env or {})}
        self.write_config({'download_dir': str(self.downloads), **CONFIG, **(config or {})})

    @property
    def ctl_path(self):
        return self.build / 'client' / 'xmppftctl'

    @property
    def daemon_path(self):
        return self.build / 'daemon' / 'xmppftd'

    def write_config(self, config):
        text = config if isinstance(config, str) else json.dumps(config, indent=2)
        (self.directory / 'config/xmppft/config.jsonc').write_text(text)

    def change_config(self, **keys):
        """Other values of some keys, for the next start."""
        path = self.directory / 'config/xmppft/config.jsonc'
        self.write_config({**json.loads(path.read_text()), **keys})

    # --- life ---

    def start_bus(self, more=''):
        """`more` is put into the bus's configuration."""
        bus_config = self.directory / 'runtime/bus.conf'
        bus_config.write_text(BUS_CONFIG.format(socket=self.socket, more=more))
        self.bus = Child(['dbus-daemon', '--nofork', f'--config-file={bus_config}'],
                         self.directory / 'bus.log', self.env, self.keep)
        wait_for('the bus', self.socket.exists)

    def start(self, timeout=30):
        if not self.bus:
            self.start_bus()
        self.child = Child([*self.wrapper, self.daemon_path], self.directory / 'daemon.log', self.env,
                           self.keep)
        wait_for('xmppftd', self.answers, timeout)

    def answers(self):
        if not self.child.running():
            raise AssertionError(f'xmppftd ended with {self.child.process.returncode}:\n'
                                 + self.child.tail())
        return self.run('status').returncode == 0

    def stop(self):
        """Asks it to end. Returns its exit code."""
        return self.child.stop()

    def kill(self):
        self.child.kill()

    def restart(self):
        """Starts it again, after stop() or kill()."""
        self.start()

    def teardown(self):
        """Ends the daemon and its bus. Returns the daemon's exit code, None if it never ran."""
        code = self.child.stop() if self.child else None
        if self.bus:
            self.bus.stop()
        return code

    def rss_kib(self):
        return status_kib(self.child.pid, 'VmRSS')

    def peak_rss_kib(self):
        return status_kib(self.child.pid, 'VmHWM')

    def cpu_seconds(self):
        return cpu_seconds(self.child.pid)

    # --- the command line ---

    def run(self, *args, stdin='', timeout=120):
        """xmppftctl ARGS as it is: the finished process, whatever it answered."""
        argv = [str(self.ctl_path), *map(str, args)]
        return subprocess.run(argv, input=stdin, env=self.env, cwd=self.directory, text=True,
                              errors='replace', stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=timeout)

    def ctl(self, *args, **kwargs):
        """xmppftctl ARGS, which must succeed. Returns what it printed."""
        done = self.run(*args, **kwargs)
        if done.returncode != 0:
            raise CommandFailed(['xmppftctl', *map(str, args)], done)
        return done.stdout

    def json(self, *args, **kwargs):
        """xmppftctl --json ARGS, which must succeed. Returns the document."""
        return json.loads(self.ctl('--json', *args, **kwargs))

    def add_account(self, jid, password, server, ca, *options):
        self.ctl('account', 'add', jid, '--server', server, '--ca', ca, '--password-stdin',
                 '--store', 'file', *options, stdin=password + '\n')

    def send(self, path, to, *options):
        """Queues a file. Returns its job id."""
        return int(self.ctl('-q', 'send', path, '--to', to, *options).split()[0])

    def job(self, job_id):
        return self.json('queue', 'show', job_id)['jobs'][0]

    def history(self, job_id):
        """The story of a job: what was tried, when, what came of it."""
        return self.json('why', job_id)['jobs'][0]['history']

    def jobs(self, *options):
        return self.json('queue', 'list', *options)['jobs']

    def wait(self, job_id, timeout=120):
        """Waits until the job has ended. Returns it."""
        done = self.run('--timeout', f'{timeout}s', 'queue', 'wait', job_id, timeout=timeout + 30)
        job = self.job(job_id)
        if done.returncode not in (0, 4):
            raise CommandFailed(['xmppftctl', 'queue', 'wait', str(job_id)],
                                done) from AssertionError(str(job))
        return job

    def wait_state(self, job_id, *states, timeout=60):
        return wait_for(f'job {job_id} in {states}',
                        lambda: (job := self.job(job_id))['state'] in states and job, timeout)

    def contacts_online(self):
        contacts = self.json('contacts').get('contacts', [])
        return {contact['jid'] for contact in contacts if contact.get('online')}
