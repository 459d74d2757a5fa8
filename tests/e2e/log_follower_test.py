#!/usr/bin/env python3
"""Whether the follower and the keys of these tests find what is wrong: known answers, and a log in memory that is tampered with in every
place. No process is started."""
import base64
import unittest

import ed25519
import witness
from log_follower import WIDTH, LogFollower, LogIsWrong, index_path, leaf_hash, root_of
from signed_note import PLAIN, Key, Note, WrongNote, cosign

SEED = bytes(range(32))
ORIGIN = 'docket.example/audit'
LOG_KEY = Key.text_of(ORIGIN, PLAIN, ed25519.public_key(SEED))
WITNESS = 'witness.example/w1'
# RFC 8032, section 7.1, tests 1 and 2.
VECTORS = (
    ('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', '',
     'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b'),
    ('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c', '72',
     '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'),
)


def checkpoint(size, root, seed=SEED):
    text = f'{ORIGIN}\n{size}\n{base64.b64encode(root).decode()}\n'
    signature = base64.b64encode(Key(LOG_KEY).key_id + ed25519.sign(seed, text.encode())).decode()
    return f'{text}\n— {ORIGIN} {signature}\n'.encode()


def resources_of(entries):
    """All that a log of these entries serves at this size, by path."""
    row = [leaf_hash(e) for e in entries]
    served = {'checkpoint': checkpoint(len(entries), root_of(row))}
    for first in range(0, len(entries), WIDTH):
        part = entries[first:first + WIDTH]
        served[f'tile/entries/{index_path(first // WIDTH, len(part))}'] = b''.join(len(e).to_bytes(2, 'big') + e for e in part)
    level = 0
    while row:
        for first in range(0, len(row), WIDTH):
            part = row[first:first + WIDTH]
            served[f'tile/{level}/{index_path(first // WIDTH, len(part))}'] = b''.join(part)
        row = [root_of(row[i:i + WIDTH]) for i in range(0, len(row) // WIDTH * WIDTH, WIDTH)]
        level += 1
    return served


class Memory(LogFollower):
    def __init__(self, served, **options):
        super().__init__('', LOG_KEY, [witness.key_of(WITNESS)], **options)
        self.served = served

    def get(self, path, content_type):
        return self.served[path]


def entries(count, changed=None):
    return [b'changed' if i == changed else b'entry %d' % i for i in range(count)]


class FollowerFinds(unittest.TestCase):
    def test_known_answers(self):
        for seed, public, message, signature in (map(bytes.fromhex, vector) for vector in VECTORS):
            self.assertEqual(ed25519.public_key(seed), public)
            self.assertEqual(ed25519.sign(seed, message), signature)
            self.assertTrue(ed25519.verify(public, message, signature))
            for bit in range(0, 512, 7):
                wrong = bytearray(signature)
                wrong[bit // 8] ^= 1 << bit % 8
                self.assertFalse(ed25519.verify(public, message, bytes(wrong)))
        self.assertEqual(index_path(1234067, 8), 'x001/x234/067.p/8')
        self.assertEqual(index_path(5, WIDTH), '005')
        self.assertEqual(Key('witness.example/w1+eb762cc2+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea').type, 4)

    def test_a_log_that_grows(self):
        follower = Memory({}, entries=True)
        for size in (0, 1, 255, 256, 257, 600):
            follower.served = resources_of(entries(size))
            self.assertEqual(follower.look(), size)

    def test_each_thing_that_is_wrong(self):
        good = resources_of(entries(600))
        for path, data in good.items():
            if path == 'checkpoint':
                continue
            for at in (0, len(data) // 2, len(data) - 1):
                with self.subTest(path=path, at=at):
                    wrong = data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]
                    with self.assertRaises(LogIsWrong):
                        Memory({**good, path: wrong}, entries=True).look()
            with self.subTest(path=path), self.assertRaises(LogIsWrong):
                Memory({**good, path: data[:-1]}, entries=True).look()

    def test_wrong_signatures(self):
        root = root_of([leaf_hash(e) for e in entries(600)])
        for note in (checkpoint(600, root, seed=bytes(32)), checkpoint(600, root).replace(b'600', b'601'), checkpoint(600, root) + b'x'):
            with self.assertRaises((WrongNote, ValueError)):
                Memory({**resources_of(entries(600)), 'checkpoint': note}).look()

    def test_a_history_that_changed(self):
        for before, after in ((300, entries(300, changed=7)), (300, entries(600, changed=299)), (300, entries(299)), (600, entries(0))):
            follower = Memory(resources_of(entries(before)))
            follower.look()
            follower.served = resources_of(after)
            with self.assertRaises(LogIsWrong):
                follower.look()

    def test_cosignatures(self):
        served = resources_of(entries(3))
        note = served['checkpoint']
        text = Note(note).text
        line = cosign(witness.seed_of(WITNESS), WITNESS, text, 1_700_000_000).encode()
        follower = Memory({**served, 'checkpoint': note + line})
        follower.look()
        self.assertEqual(follower.cosigned, {WITNESS: 1_700_000_000})
        other = cosign(witness.seed_of(WITNESS), WITNESS, text + b'\n', 1_700_000_000).encode()
        with self.assertRaises(WrongNote):
            Memory({**served, 'checkpoint': note + other}).look()
        strangers = cosign(bytes(32), WITNESS, text, 1_700_000_000).encode()
        stranger = Memory({**served, 'checkpoint': note + strangers})
        stranger.look()
        self.assertEqual(stranger.cosigned, {})


class WitnessKeepsItsWord(unittest.TestCase):
    def test_what_extends_what(self):
        leaves = [leaf_hash(e) for e in entries(40)]

        def proof(m, d, whole):
            if m == len(d):
                return [] if whole else [root_of(d)]
            k = 1 << (len(d) - 1).bit_length() - 1
            return proof(m, d[:k], whole) + [root_of(d[k:])] if m <= k else proof(m - k, d[k:], False) + [root_of(d[:k])]

        for size in range(1, 41):
            root = root_of(leaves[:size])
            for old in range(1, size + 1):
                right = proof(old, leaves[:size], True)
                old_root = root_of(leaves[:old])
                self.assertTrue(witness.extends(old, old_root, size, root, right))
                self.assertFalse(witness.extends(old, leaf_hash(b''), size, root, right))
                self.assertFalse(witness.extends(old, old_root, size, root, right + [root]))
                if right:
                    self.assertFalse(witness.extends(old, old_root, size, root, right[:-1]))


if __name__ == '__main__':
    unittest.main(verbosity=2)
