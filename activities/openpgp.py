"""OpenPGP in mail (RFC 3156): a letter encrypted to one recipient, or signed for everybody."""

from activities.parts import Part, boundary_for, closed
from tacenda.openpgp import PublicKey, SigningKey

_PROTECTED = ';\n protected-headers="v1"'


def encrypted(
    part: Part, headers: str, key: PublicKey, signing: SigningKey | None, seed: str
) -> Part:
    """Return a body that only the holder of `key` can read: `part`, and its real `headers`.

    Mail programs show the headers inside in place of those outside, which say less.
    Raises `KeyUnusable`.
    """
    inside = Part(part.type + _PROTECTED, part.encoding, part.content, headers=headers)
    armored = key.encrypt(_as_mail(inside).encode(), signing).decode()
    control = Part("application/pgp-encrypted", "", "Version: 1\n")
    message = Part(
        'application/octet-stream; name="encrypted.asc"',
        "",
        armored,
        'inline; filename="encrypted.asc"',
    )
    boundary = boundary_for(armored, f"{seed}\nencrypted")
    content = _multipart(boundary, _as_mail(control), _as_mail(message))
    protocol = "application/pgp-encrypted"
    return Part(f'multipart/encrypted; protocol="{protocol}"; boundary="{boundary}"', "", content)


def signed(part: Part, signing: SigningKey, seed: str) -> Part:
    """Return a body of `part` and the signature of its bytes."""
    lines = _as_mail(part)
    armored, algorithm = signing.sign(lines.encode())
    signature = Part(
        'application/pgp-signature; name="signature.asc"',
        "",
        armored.decode(),
        'attachment; filename="signature.asc"',
    )
    boundary = boundary_for(lines, f"{seed}\nsigned")
    content = _multipart(boundary, lines, _as_mail(signature))
    return Part(
        f'multipart/signed; micalg="pgp-{algorithm}"; protocol="application/pgp-signature"; '
        f'boundary="{boundary}"',
        "",
        content,
    )


def _as_mail(part: Part) -> str:
    """Return a part with the line ends that mail has, and that a signature is made over."""
    return closed(part).replace("\r\n", "\n").replace("\n", "\r\n")


def _multipart(boundary: str, *parts: str) -> str:
    return "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"
