# SPDX-License-Identifier: MIT
"""Each exit code that README promises, from a real command line. test_N_… shows code N."""

import json
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest

from daemons import Daemon
from lab import build_directory, password_of
from lab_case import LabCase
from process import wait_for

README = pathlib.Path(__file__).resolve().parents[2] / 'README.md'


def promised():
    """{code: what README says that it means}"""
    said = re.search(r'Exit codes: (.*?\))\.', ' '.join(README.read_text().split()))
    return {int(code): words for code, words in re.findall(r'(?:^|, )(\d+) (.*?)(?=, \d+ |$)', said[1])}


class ExitCodes(LabCase):
    lab_options = {'raw_users': ('spare', 'absent')}

    @classmethod
    def prepare(cls):
        """No rule: bob is asked."""

    def ends(self, code, *args, says='', daemon=None, **kwargs):
        done = (daemon or self.lab.ann).run(*args, **kwargs)
        self.assertEqual(done.returncode, code, f'{args}\n{done.stdout}{done.stderr}')
        self.assertIn(says, done.stderr)
        return done

    def waiting_job(self):
        """One of ann's, to a contact that is never there."""
        peer = self.lab.jid('absent')
        self.lab.ann.ctl('contacts', 'add', peer)
        job = self.lab.ann.send(self.lab.make_file('waits.bin', 100), peer)
        self.addCleanup(self.lab.ann.run, 'queue', 'cancel', job)
        return job

    def test_readme_promises_these_and_no_others(self):
        shown = {int(name.split('_')[1]) for name in dir(self) if re.match(r'test_\d', name)}
        self.assertEqual(shown, set(promised()))

    def test_0_ok(self):
        self.ends(0, 'status')
        self.ends(0, 'queue', 'cancel', '--state', 'paused', '--yes')   # nothing to do is done

    def test_1_refused(self):
        job = self.waiting_job()
        self.ends(1, 'queue', 'remove', job, says='cancel it')
        self.ends(1, 'account', 'add', self.lab.jid('ann'), '--password-stdin', stdin='x\n', says='already')

    def test_1_done_in_part(self):
        job, over = self.waiting_job(), self.waiting_job()
        self.lab.ann.ctl('queue', 'cancel', over)
        done = self.ends(1, '--json', 'queue', 'cancel', job, over)
        self.assertEqual(json.loads(done.stdout)['changed'], [job])

    def test_1_unwritable_answer(self):
        with open('/dev/full', 'w') as full:
            done = subprocess.run([self.lab.ann.ctl_path, 'status'], env=self.lab.ann.env, stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=30)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn('cannot write', done.stderr)

    def test_2_bad_usage(self):
        self.ends(2)
        self.ends(2, 'quene', says='queue')
        self.ends(2, 'queue', 'list', '--rows', 'many', says='many')
        self.ends(2, 'send', README, '--to', 'bob@@x', says='bob@@x')

    def test_3_no_such_job_or_account(self):
        self.ends(3, 'queue', 'show', '99999', says='no job 99999')
        self.ends(3, 'account', 'show', 'nobody@nowhere.test', says='nobody@nowhere.test')

    def test_4_awaited_job_failed(self):
        source = self.lab.make_file('declined.bin', 1000)
        sending = subprocess.Popen([self.lab.ann.ctl_path, 'send', source, '--to', self.lab.jid('bob'), '--wait'],
                                   env=self.lab.ann.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        (offer,) = wait_for('the offer', lambda: self.lab.bob.json('offers')['jobs'])
        self.lab.bob.ctl('decline', offer['id'])
        said, _ = sending.communicate(timeout=60)
        self.assertEqual(sending.returncode, 4, said)
        self.ends(4, 'queue', 'wait', '@last', says='xmppftctl why')

    def test_5_no_daemon(self):
        with tempfile.TemporaryDirectory(prefix='xmppft-bus.') as folder:
            nobody = Daemon(folder, build_directory())
            self.addCleanup(nobody.teardown)
            nobody.start_bus()
            self.ends(5, 'status', says='xmppftd is not running', daemon=nobody)
            nobody.bus.stop()
            self.ends(5, 'status', says='no session bus', daemon=nobody)

    def test_6_not_online(self):
        self.lab.ann.ctl('account', 'disconnect')
        try:
            self.ends(6, 'contacts', 'add', 'cy@example.net', says='account connect')
        finally:
            self.lab.ann.ctl('account', 'connect')
            self.lab.wait_contacts_online('ann')

    def test_6_wrong_password(self):
        spare = self.lab.jid('spare')
        self.addCleanup(self.lab.ann.run, 'account', 'remove', '--yes', spare)
        self.ends(6, 'account', 'add', spare, '--server', self.lab.server.address, '--ca', self.lab.server.ca,
                  '--password-stdin', '--store', 'session', stdin=f'not {password_of("spare")}\n',
                  says='account passwd')

    def test_7_unreadable_file(self):
        for path in ('/nowhere/x', self.lab.files):
            self.ends(7, 'send', path, '--to', self.lab.jid('bob'), says=str(path))

    def test_124_timed_out(self):
        job = self.waiting_job()
        self.ends(124, '--timeout', '1s', 'queue', 'wait', job, says='the jobs go on')
        self.assertEqual(self.lab.ann.job(job)['state'], 'queued')

    def test_130_interrupted(self):
        job = self.waiting_job()
        waiting = subprocess.Popen([self.lab.ann.ctl_path, 'queue', 'wait', str(job)], env=self.lab.ann.env,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        time.sleep(0.5)   # it has begun to wait; earlier is right too
        waiting.send_signal(signal.SIGINT)
        _, said = waiting.communicate(timeout=30)
        self.assertEqual(waiting.returncode, 130, said)
        self.assertIn('jobs go on', said)
        self.assertEqual(self.lab.ann.job(job)['state'], 'queued')


if __name__ == '__main__':
    unittest.main()
