# SPDX-License-Identifier: MIT
"""`meson install` puts everything where a desktop and a user look for it, and it fits together."""

import pathlib
import subprocess
import tempfile
import unittest

from lab import build_directory
from process import ROOT

INSTALLED = (
    'bin/xmppftd',
    'bin/xmppftctl',
    'lib/systemd/user/xmppftd.service',
    'share/dbus-1/services/org.xmppft.Daemon1.service',
    'share/dbus-1/interfaces/org.xmppft.Manager1.xml',
    'share/dbus-1/interfaces/org.xmppft.Account1.xml',
    'share/dbus-1/interfaces/org.xmppft.Job1.xml',
    'share/doc/xmppft/xmppftd.example.jsonc',
)


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not (build_directory() / 'daemon/xmppftd').exists():
            raise unittest.SkipTest('xmppftd not built')
        folder = tempfile.TemporaryDirectory(prefix='xmppft-install.')
        cls.addClassCleanup(folder.cleanup)
        subprocess.run(['meson', 'install', '-C', build_directory(), '--no-rebuild', '--destdir',
                        folder.name], check=True, stdout=subprocess.DEVNULL)
        cls.prefix = pathlib.Path(folder.name) / 'usr/local'

    def test_everything_is_there(self):
        missing = [name for name in INSTALLED if not (self.prefix / name).exists()]
        self.assertEqual(missing, [])

    def test_the_services_start_the_installed_daemon(self):
        unit = (self.prefix / 'lib/systemd/user/xmppftd.service').read_text()
        self.assertIn('ExecStart=/usr/local/bin/xmppftd\n', unit)
        activation = (self.prefix / 'share/dbus-1/services/org.xmppft.Daemon1.service').read_text()
        self.assertIn('Exec=/usr/local/bin/xmppftd\n', activation)
        self.assertIn('SystemdService=xmppftd.service\n', activation)

    def test_nothing_of_ours_needs_the_source_tree(self):
        for name in ('bin/xmppftd', 'bin/xmppftctl'):
            version = subprocess.run([self.prefix / name, '--version'], cwd='/', check=True,
                                     stdout=subprocess.PIPE, text=True).stdout
            self.assertIn('0.1.0', version)
            linked = subprocess.run(['ldd', self.prefix / name], check=True,
                                    stdout=subprocess.PIPE, text=True).stdout
            self.assertNotIn(str(ROOT), linked)


if __name__ == '__main__':
    unittest.main()
