"""A mail server that is not ours: Exim from Debian, with folders, ports and keys of its own.

It takes letters only over STARTTLS and from whoever has the password, relays them to the
next hop, and puts the bounces that it writes into a Maildir.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.e2e.programs import free_port
from tests.e2e.running import answers, wait_for

INSTALL = "these tests need Exim, a real mail server: apt-get install --yes exim4-daemon-light"
USERNAME, PASSWORD = "tacenda", "correct horse battery staple"
REFUSED = "refused@example.org"
PUT_OFF = "put-off@example.org"
NOBODY = 65534

CONFIGURATION = """
exim_user = {user}
exim_group = {group}
deliver_drop_privilege = true
primary_hostname = relay.example.org
spool_directory = {home}/spool
log_file_path = {home}/log/%slog
pid_file_path = {home}/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
tls_certificate = {home}/certificate.pem
tls_privatekey = {home}/key.pem
tls_advertise_hosts = *
acl_smtp_rcpt = recipients
acl_smtp_data = accept
host_lookup =
keep_environment =

begin acl
recipients:
  require message = you have to authenticate
          authenticated = *
  deny recipients = {refused}
       message = no such mailbox
  defer recipients = {put_off}
        !condition = ${{if exists{{{home}/known}}}}
        message = greylisted, come back later
  accept

begin routers
bounces:
  driver = accept
  condition = ${{if eq{{$sender_address}}{{}}}}
  transport = maildir
onwards:
  driver = manualroute
  route_list = * 127.0.0.1 byname
  self = send
  transport = onwards

begin transports
onwards:
  driver = smtp
  port = {next_hop}
  hosts_avoid_tls = *
maildir:
  driver = appendfile
  directory = {home}/bounces
  maildir_format
  user = {user}
  group = {group}

begin retry
* * F,1h,1s

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{name}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
  server_advertise_condition = ${{if def:tls_in_cipher}}
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if and{{{{eq{{$auth1}}{{{name}}}}}{{eq{{$auth2}}{{{password}}}}}}}}}
  server_set_id = $auth1
  server_advertise_condition = ${{if def:tls_in_cipher}}
"""


@dataclass(frozen=True)
class Relay:
    """The server that runs; `authority` is the certificate to trust."""

    home: Path
    port: int

    @property
    def authority(self) -> Path:
        """The certificate of the authority that signed the server's own."""
        return self.home / "authority.pem"

    @property
    def settings(self) -> str:
        """The table of a tacenda.toml that sends every letter here."""
        return (
            f'[mail]\nhost = "127.0.0.1"\nport = {self.port}\nsecurity = "starttls"\n'
            f'username = "{USERNAME}"\npassword_file = "relay.password"\nretry_after = "PT1S"\n'
        )

    @property
    def bounces(self) -> list[Path]:
        """The bounces that it wrote, each in a file."""
        return sorted((self.home / "bounces" / "new").glob("*"))

    @property
    def log(self) -> str:
        """What it says that it did."""
        return (self.home / "log" / "mainlog").read_text()

    def get_to_know(self) -> None:
        """Put nobody off any more."""
        (self.home / "known").touch()


@contextmanager
def relay(next_hop: int) -> Iterator[Relay]:
    """Run a server of one's own that relays to a port on this machine."""
    program = shutil.which("exim4", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip(INSTALL)
    # It delivers nothing as root, and the folders of pytest are closed to everybody else.
    is_root = os.getuid() == 0
    user, group = (NOBODY, NOBODY) if is_root else (os.getuid(), os.getgid())
    with tempfile.TemporaryDirectory(prefix="relay-") as folder:
        server = Relay(Path(folder), free_port())
        _furnish(server, next_hop, user, group)
        process = subprocess.Popen(
            [program, "-C", server.home / "exim.conf", "-bdf", "-q1s"],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            user=user if is_root else None,
            group=group if is_root else None,
            extra_groups=[] if is_root else None,
        )
        try:
            wait_for(lambda: process.poll() or answers("127.0.0.1", server.port), "the relay")
            assert process.poll() is None, "the relay ended; it has said why"
            yield server
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def _furnish(server: Relay, next_hop: int, user: int, group: int) -> None:
    """Write all that it needs into its folder, and give it that."""
    home = server.home
    for name in ("spool", "log", "bounces"):
        (home / name).mkdir()
    _certify(home)
    configuration = CONFIGURATION.format(
        home=home,
        user=user,
        group=group,
        port=server.port,
        next_hop=next_hop,
        refused=REFUSED,
        put_off=PUT_OFF,
        name=USERNAME,
        password=PASSWORD,
    )
    (home / "exim.conf").write_text(configuration)
    for path in (home, *home.iterdir()):
        os.chown(path, user, group)


def _certify(home: Path) -> None:
    """Make an authority, and a certificate of the server that it signed."""
    authority, own = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority of this test")])
    root = (
        _certificate(issuer, issuer, authority.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(of_authority=True), critical=True)
        .sign(authority, hashes.SHA256())
    )
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay.example.org")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    leaf = (
        _certificate(issuer, subject, own.public_key())
        .add_extension(names, critical=False)
        .add_extension(_usage(of_authority=False), critical=True)
        .sign(authority, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (home / "authority.pem").write_bytes(root.public_bytes(pem))
    (home / "certificate.pem").write_bytes(leaf.public_bytes(pem))
    (home / "key.pem").write_bytes(
        own.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _certificate(
    issuer: x509.Name, subject: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )


def _usage(*, of_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not of_authority,
        key_cert_sign=of_authority,
        crl_sign=of_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
