"""Signed notes, checkpoints and cosignatures of C2SP (signed-note, tlog-checkpoint, tlog-cosignature), written from their specifications
and with nothing of Docket's code, to judge it by."""
import base64
import hashlib

import ed25519

PLAIN, COSIGNATURE = 1, 4


class WrongNote(Exception):
    """The note is malformed, or not signed as it must be."""


class Key:
    """A public key from its text, `name+id+key`."""

    def __init__(self, text):
        self.name, key_id, key = text.strip().split('+', 2)
        self.key_id = bytes.fromhex(key_id)
        typed = base64.b64decode(key, validate=True)
        self.type, self.public = typed[0], typed[1:]
        if self.key_id != hashlib.sha256(self.name.encode() + b'\n' + typed).digest()[:4]:
            raise WrongNote(f'the id of {self.name} is not its own')

    @staticmethod
    def text_of(name, type_, public):
        typed = bytes([type_]) + public
        key_id = hashlib.sha256(name.encode() + b'\n' + typed).digest()[:4]
        return f'{name}+{key_id.hex()}+{base64.b64encode(typed).decode()}'


class Note:
    def __init__(self, data):
        text, separator, lines = data.rpartition(b'\n\n')
        if not separator:
            raise WrongNote('no blank line')
        self.text = text + b'\n'
        self.signatures = []
        if not lines.endswith(b'\n'):
            raise WrongNote('the last line is cut short')
        for line in lines[:-1].decode().split('\n'):
            dash, name, encoded = line.split(' ')
            decoded = base64.b64decode(encoded, validate=True)
            if dash != '—' or base64.b64encode(decoded).decode() != encoded:
                raise WrongNote(f'no signature line: {line}')
            self.signatures.append((name, decoded[:4], decoded[4:]))

    def of(self, key):
        return [signature for name, key_id, signature in self.signatures if (name, key_id) == (key.name, key.key_id)]

    def check_signed_by(self, key):
        signatures = self.of(key)
        if not signatures or not all(ed25519.verify(key.public, self.text, s) for s in signatures):
            raise WrongNote(f'not signed by {key.name}')

    def cosigned_at(self, key):
        """When the witness cosigned, in seconds since 1970; None where it did not."""
        for signature in self.of(key):
            seconds = int.from_bytes(signature[:8], 'big')
            if not ed25519.verify(key.public, b'cosignature/v1\ntime %d\n' % seconds + self.text, signature[8:]):
                raise WrongNote(f'the cosignature of {key.name} is wrong')
            return seconds
        return None

    def checkpoint(self):
        """Origin, size and root."""
        origin, size, root, rest = self.text.decode().split('\n', 3)
        if rest or str(int(size)) != size:
            raise WrongNote('no checkpoint')
        return origin, int(size), base64.b64decode(root, validate=True)


def cosign(seed, name, text, seconds):
    """A witness's signature line."""
    key = Key(Key.text_of(name, COSIGNATURE, ed25519.public_key(seed)))
    signature = ed25519.sign(seed, b'cosignature/v1\ntime %d\n' % seconds + text)
    return f'— {name} {base64.b64encode(key.key_id + seconds.to_bytes(8, "big") + signature).decode()}\n'
