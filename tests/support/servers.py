# SPDX-License-Identifier: MIT
"""Private XMPP servers, on loopback unless told otherwise: Prosody, ejabberd and jabberd2, unpacked by packaging/fetch-server.

Each lives in one directory with its own certificate authority, storage and log, serves the accounts
it is given for one domain, demands TLS, and has a SOCKS5 proxy (XEP-0065) as `proxy.DOMAIN`,
except for jabberd2, which has none.
"""

import contextlib
import glob
import gzip
import os
import pathlib
import sqlite3
import subprocess

from process import ROOT, Child, Timeout, free_port, listening, wait_for

DOMAIN = 'xmppft.test'


def unpacked(name):
    """Where the server's files are; fetches them the first time."""
    done = subprocess.run([ROOT / 'packaging' / 'fetch-server', name], check=True,
                          stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    return pathlib.Path(done.stdout.strip())


def make_certificates(directory, domain, host='127.0.0.1'):
    """A CA (ca.pem) and a certificate of the domain signed by it (server.crt, server.key).

    The address is in it too: libpurple asks for the name that it was told to connect to.
    """
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)

    def openssl(*args):
        subprocess.run(['openssl', *args], cwd=directory, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    new_key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    openssl('req', '-x509', *new_key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '30',
            '-subj', '/CN=xmppft private test CA')
    openssl('req', *new_key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', f'/CN={domain}')
    (directory / 'names.ext').write_text(
        f'subjectAltName=DNS:{domain},DNS:*.{domain},IP:{host}\nbasicConstraints=CA:FALSE\n')
    openssl('x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key',
            '-CAcreateserial', '-out', 'server.crt', '-days', '30', '-extfile', 'names.ext')


class Server:
    """What both servers share. `accounts` maps user names to passwords; `host` and `proxy_host` are
    the addresses that clients and the SOCKS5 proxy are served on, `proxy_address` the one that clients are told."""

    name = None
    patience = 30   # seconds to wait for the first connection

    def __init__(self, directory, accounts, domain=DOMAIN, keep=False, host='127.0.0.1',
                 proxy_host=None, proxy_address=None):
        self.directory = pathlib.Path(directory)
        self.accounts = dict(accounts)
        self.domain = domain
        self.keep = keep
        self.host = host
        self.proxy_host = proxy_host or host
        self.proxy_address = proxy_address or self.proxy_host
        self.port = free_port()
        self.proxy_port = free_port()
        self.child = None
        self.certificates = self.directory / 'certificates'
        self.ca = self.certificates / 'ca.pem'
        self.root = unpacked(self.name)
        if not self.ca.exists():
            make_certificates(self.certificates, domain, host)
        self.configure()

    @property
    def address(self):
        return f'{self.host}:{self.port}'

    def start(self):
        argv, env = self.command()
        self.child = Child(argv, self.directory / f'{self.name}.log',
                           {'PATH': os.environ['PATH'], 'HOME': str(self.directory), **env}, self.keep)
        try:
            wait_for(f'{self.name} on port {self.port}', self.ready, self.patience)
        except Timeout:
            log = self.child.tail()
            self.stop()
            raise RuntimeError(f'{self.name} did not start:\n{log}') from None

    def ready(self):
        if not self.child.running():
            raise Timeout(f'{self.name} ended')
        return listening(self.port, self.host) and listening(self.proxy_port, self.proxy_host)

    def stop(self):
        if self.child:
            self.child.stop()

    def kill(self):
        if self.child:
            self.child.kill()

    def configure(self):
        raise NotImplementedError

    def command(self):
        raise NotImplementedError


class Prosody(Server):
    name = 'prosody'
    limits = False   # mod_limits as Debian ships it would make in-band transfers crawl
    component = False   # an external component (XEP-0114), disk.DOMAIN
    component_secret = 'secret of the component'

    @property
    def data(self):
        """What is stored of the domain, a folder for each kind of it."""
        return self.directory / 'data' / self.domain.replace('.', '%2e')

    def configure(self):
        accounts = self.data / 'accounts'
        accounts.mkdir(parents=True, exist_ok=True)
        for user, password in self.accounts.items():
            (accounts / f'{user}.dat').write_text(f'return {{ ["password"] = "{password}"; }};\n')
        limits = ('limits = { c2s = { rate = "10kb/s" }, s2sin = { rate = "30kb/s" } }'
                  if self.limits else '')
        component_ports, component = '', ''
        if self.component:
            self.component_port = free_port()
            component_ports = (f'component_ports = {{ {self.component_port} }}\n'
                               f'component_interfaces = {{ "{self.host}" }}')
            component = (f'Component "disk.{self.domain}"\n'
                         f'  component_secret = "{self.component_secret}"')
        (self.directory / 'prosody.cfg.lua').write_text(f'''
run_as_root = true
pidfile = "{self.directory}/prosody.pid"
data_path = "{self.data.parent}"
plugin_paths = {{ }}
log = {{ {{ levels = {{ min = "info" }}, to = "console" }} }}
interfaces = {{ "{self.host}" }}
c2s_ports = {{ {self.port} }}
c2s_require_encryption = true
proxy65_ports = {{ {self.proxy_port} }}
proxy65_interfaces = {{ "{self.proxy_host}" }}
{component_ports}
certificates = "{self.certificates}"
modules_enabled = {{ "roster", "saslauth", "tls", "disco", "ping", "pep", "carbons"{', "limits"' if self.limits else ''} }}
{limits}
modules_disabled = {{ "s2s" }}
authentication = "internal_plain"
VirtualHost "{self.domain}"
  ssl = {{ key = "{self.certificates}/server.key", certificate = "{self.certificates}/server.crt" }}
Component "proxy.{self.domain}" "proxy65"
  proxy65_address = "{self.proxy_address}"
{component}
''')
        # The launcher names its folders in its head; ours are elsewhere.
        launcher = (self.root / 'usr/bin/prosody').read_text()
        launcher = launcher.replace("'/usr/lib/prosody", f"'{self.root}/usr/lib/prosody")
        launcher = launcher.replace("'/etc/prosody'", f"'{self.directory}'")
        launcher = launcher.replace("'/var/lib/prosody'", f"'{self.data.parent}'")
        (self.directory / 'prosody.lua').write_text(launcher)

    def command(self):
        libraries = glob.glob(f'{self.root}/usr/lib/*-linux-*') + glob.glob(f'{self.root}/lib/*-linux-*')
        env = {
            'LD_LIBRARY_PATH': ':'.join(libraries),
            'LUA_PATH': f'{self.root}/usr/share/lua/5.4/?.lua',
            'LUA_CPATH': ';'.join(f'{library}/lua/5.4/?.so' for library in libraries),
        }
        return [self.root / 'usr/bin/lua5.4', self.directory / 'prosody.lua', '-F',
                '--config', self.directory / 'prosody.cfg.lua'], env


class LimitedProsody(Prosody):
    limits = True


class ComponentProsody(Prosody):
    component = True


class Ejabberd(Server):
    name = 'ejabberd'
    limits = False   # the shapers of its example configuration
    patience = 90

    def ready(self):
        return super().ready() and (self.directory / 'registered').exists()

    def configure(self):
        spool = self.directory / 'spool'
        spool.mkdir(parents=True, exist_ok=True)
        pem = self.certificates / 'server.pem'
        pem.write_text((self.certificates / 'server.crt').read_text() +
                       (self.certificates / 'server.key').read_text())
        accounts = ', '.join(f'{{<<"{u}">>, <<"{p}">>}}' for u, p in self.accounts.items())
        (self.directory / 'accounts').write_text(f'[{accounts}].\n')
        shaped, shaper = '', ''
        if self.limits:
            shaped = ', shaper: c2s_shaper'
            shaper = ('shaper: { normal: { rate: 3000, burst_size: 20000 } }\n'
                      'shaper_rules: { c2s_shaper: [ { normal: all } ] }')
        (self.directory / 'ejabberd.yml').write_text(f'''
hosts: ["{self.domain}"]
loglevel: info
certfiles: ["{pem}"]
ca_file: "{self.ca}"
auth_method: mnesia
auth_password_format: scram
listen:
  - {{ port: {self.port}, ip: "{self.host}", module: ejabberd_c2s, starttls_required: true,
      max_stanza_size: 262144{shaped} }}
acl: {{ local: {{ user_regexp: "" }} }}
access_rules: {{ local: [{{ allow: local }}], c2s: [{{ allow: all }}] }}
{shaper}
modules:
  mod_roster: {{}}
  mod_disco: {{}}
  mod_caps: {{}}
  mod_ping: {{}}
  mod_carboncopy: {{}}
  mod_proxy65: {{ host: "proxy.@HOST@", ip: "{self.proxy_host}", hostname: "{self.proxy_address}",
                 port: {self.proxy_port}, access: local, max_connections: 100 }}
''')

    def command(self):
        erlang = self.root / 'usr/lib/erlang'
        libraries = glob.glob(f'{self.root}/usr/lib/*-linux-*')
        env = {
            'ROOTDIR': str(erlang),
            'BINDIR': glob.glob(f'{erlang}/erts-*/bin')[0],
            'EMU': 'beam',
            'PROGNAME': 'erl',
            'ERL_LIBS': ':'.join(libraries),
            'ERL_CRASH_DUMP': str(self.directory / 'erl_crash.dump'),
            'LD_LIBRARY_PATH': ':'.join(libraries),
            'EJABBERD_CONFIG_PATH': str(self.directory / 'ejabberd.yml'),
            'EJABBERD_LOG_PATH': str(self.directory / 'ejabberd-server.log'),
            'CONTRIB_MODULES_PATH': str(self.directory / 'contrib'),
        }
        register = (f'{{ok, [Accounts]}} = file:consult("{self.directory}/accounts"), '
                    f'[ok = ejabberd_auth:try_register(U, <<"{self.domain}">>, P) || {{U, P}} <- Accounts], '
                    f'ok = file:write_file("{self.directory}/registered", []).')
        # No -name: an undistributed node needs no epmd and opens no port of its own.
        return [f'{env["BINDIR"]}/erlexec', '-noinput', '+sbwt', 'none', '-mnesia', 'dir',
                f'"{self.directory}/spool"', '-s', 'ejabberd', '-eval', register], env


class LimitedEjabberd(Ejabberd):
    limits = True


class Jabberd2(Server):
    """Four programs in the original; without s2s the other three do. It answers disco#info in the
    name of full JIDs, has no pre-approval and no proxy, and keeps subscription requests back from
    sessions of negative priority: all accounts are each other's contacts from the start."""

    name = 'jabberd2'

    def configure(self):
        modules = glob.glob(f'{self.root}/usr/lib/*-linux-*/jabberd2')[0]
        self.router_port = free_port()
        (self.directory / 'server.pem').write_text(
            (self.certificates / 'server.crt').read_text() +
            (self.certificates / 'server.key').read_text())
        self.make_database()
        (self.directory / 'users.xml').write_text(
            '<users><user><name>jabberd</name><secret>secret</secret></user></users>')
        (self.directory / 'templates').mkdir(exist_ok=True)
        router = f'''<router><ip>127.0.0.1</ip><port>{self.router_port}</port><user>jabberd</user>
          <pass>secret</pass><retry><init>40</init><lost>3</lost><sleep>1</sleep></retry></router>
          <log type='stdout'/>'''
        database = f'''<driver>sqlite</driver><sqlite><dbname>{self.database}</dbname>
          <busy-timeout>2000</busy-timeout></sqlite>'''
        self.write('router', f'''<log type='stdout'/>
          <local><ip>127.0.0.1</ip><port>{self.router_port}</port>
          <users>{self.directory}/users.xml</users><secret>secret</secret></local>
          <io><max_fds>1024</max_fds></io><aci><acl type='all'><user>jabberd</user></acl></aci>''')
        chains = ''.join(f"<chain id='{name}'>" +
                         ''.join(f'<module>{module}</module>' for module in chain.split()) + '</chain>'
                         for name, chain in self.chains.items())
        self.write('sm', f'''{router}<local><id>{self.domain}</id></local>
          <storage><path>{modules}</path>{database}</storage>
          <modules><path>{modules}</path>{chains}</modules>
          <discovery><identity><category>server</category><type>im</type><name>jabberd2</name></identity>
          </discovery><user/>''')
        self.write('c2s', f'''{router}
          <local><id require-starttls='true' pemfile='{self.directory}/server.pem'>{self.domain}</id>
          <ip>{self.host}</ip><port>{self.port}</port></local>
          <io><max_fds>1024</max_fds><limits><stanzasize>65535</stanzasize></limits></io>
          <authreg><path>{modules}</path><module>sqlite</module>
          <ssl-mechanisms><sasl><plain/><scram-sha-1/></sasl></ssl-mechanisms>
          <sqlite><dbname>{self.database}</dbname><busy-timeout>2000</busy-timeout>
          <password_type><plaintext/></password_type></sqlite></authreg>''')

    # As Debian ships it, less what only fills logs.
    chains = {
        'sess-end': 'iq-last',
        'in-sess': 'validate privacy roster iq-vcard iq-ping iq-private disco offline presence deliver',
        'in-router': 'session validate presence privacy',
        'out-router': 'privacy',
        'pkt-sm': 'iq-last iq-ping iq-time iq-version disco presence',
        'pkt-user': 'roster presence disco iq-vcard deliver offline iq-last',
        'pkt-router': 'session disco',
        'user-load': 'active roster privacy',
        'user-create': 'active',
        'user-delete': 'active offline privacy roster iq-last iq-private iq-vcard',
    }

    def write(self, name, content):
        (self.directory / f'{name}.xml').write_text(
            f'<{name}><id>{name}</id><pidfile>{self.directory}/{name}.pid</pidfile>{content}</{name}>')

    def make_database(self):
        self.database = self.directory / 'jabberd2.db'
        if self.database.exists():
            return
        schema = gzip.decompress((self.root / 'usr/share/doc/jabberd2/db-setup.sqlite.gz').read_bytes())
        with contextlib.closing(sqlite3.connect(self.database)) as database:
            database.executescript(schema.decode())
            for user, password in self.accounts.items():
                database.execute('INSERT INTO authreg (username, realm, password) VALUES (?, ?, ?)',
                                 (user, self.domain, password))
                owner = f'{user}@{self.domain}'
                database.execute('INSERT INTO active ("collection-owner", time) VALUES (?, 1)', (owner,))
                database.executemany(
                    'INSERT INTO "roster-items" ("collection-owner", jid, name, "to", "from", ask) '
                    "VALUES (?, ?, '', 1, 1, 0)",
                    [(owner, f'{other}@{self.domain}') for other in self.accounts if other != user])
            database.commit()

    def start(self):
        libraries = glob.glob(f'{self.root}/usr/lib/*-linux-*')
        env = {'PATH': os.environ['PATH'], 'HOME': str(self.directory),
               'LD_LIBRARY_PATH': ':'.join(libraries + [f'{library}/jabberd2' for library in libraries])}
        self.children = [
            Child([self.root / f'usr/sbin/jabberd2-{name}', '-c', self.directory / f'{name}.xml'],
                  self.directory / f'{name}.log', env, self.keep) for name in ('router', 'sm', 'c2s')]
        try:
            wait_for(f'jabberd2 on port {self.port}', self.ready, self.patience)
        except Timeout:
            logs = '\n'.join(child.tail() for child in self.children)
            self.stop()
            raise RuntimeError(f'jabberd2 did not start:\n{logs}') from None

    def ready(self):
        for child in self.children:
            if not child.running():
                raise Timeout('jabberd2 ended')
        return listening(self.port, self.host)

    def stop(self):
        for child in reversed(self.__dict__.get('children', [])):
            child.stop()

    def kill(self):
        for child in self.__dict__.get('children', []):
            child.kill()


SERVERS = {'prosody': Prosody, 'ejabberd': Ejabberd, 'limited-prosody': LimitedProsody, 'component-prosody': ComponentProsody,
           'limited-ejabberd': LimitedEjabberd, 'jabberd2': Jabberd2}
