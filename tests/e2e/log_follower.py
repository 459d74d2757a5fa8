#!/usr/bin/env python3
"""Follows a log over HTTP and checks it: C2SP tlog-tiles, written from the specification and with nothing of Docket's code.

    log_follower.py URL LOG_KEY_FILE [WITNESS_KEY_FILE…] [--entries]

Fetches the checkpoint and every tile below it, recomputes the root from the leaves, compares each tile of each level with what the leaves
make it, and checks the log's signature and the witnesses'. What an earlier look showed must still be there: the log may only have grown.
"""
import hashlib
import sys
import urllib.error
import urllib.request

from signed_note import Key, Note

WIDTH = 256


class LogIsWrong(Exception):
    """The log does not bear out what it signed."""


def leaf_hash(entry):
    return hashlib.sha256(b'\0' + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b'\1' + left + right).digest()


def root_of(hashes):
    """The root of the tree over these leaf hashes, by the definition of RFC 6962."""
    if not hashes:
        return hashlib.sha256(b'').digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return node_hash(root_of(hashes[:split]), root_of(hashes[split:]))


def index_path(index, width):
    text = f'{index % 1000:03}'
    while index >= 1000:
        index //= 1000
        text = f'x{index % 1000:03}/{text}'
    return text + (f'.p/{width}' if width < WIDTH else '')


class LogFollower:
    def __init__(self, url, log_key, witness_keys=(), entries=False):
        self.url = url.rstrip('/')
        self.log_key = Key(log_key)
        self.witness_keys = [Key(text) for text in witness_keys]
        self.with_entries = entries
        self.size = 0
        self.leaves = []
        self.entries = []
        self.cosigned = {}
        self.fetched = 0

    def get(self, path, content_type):
        with urllib.request.urlopen(f'{self.url}/{path}', timeout=30) as response:
            if response.headers['Content-Type'] != content_type:
                raise LogIsWrong(f'{path} has the type {response.headers["Content-Type"]}')
            self.fetched += 1
            return response.read()

    def tile(self, level, index, width):
        path = f'tile/{level}/{index_path(index, width)}'
        data = self.get(path, 'application/octet-stream')
        if len(data) != 32 * width:
            raise LogIsWrong(f'{path} has {len(data)} bytes')
        return [data[i:i + 32] for i in range(0, len(data), 32)]

    def row(self, level, size, known):
        """All hashes of a level, fetched from the first tile on that was not complete before."""
        count = size >> 8 * level
        first = known // WIDTH
        return [h for index in range(first, -(-count // WIDTH))
                for h in self.tile(level, index, min(WIDTH, count - index * WIDTH))]

    def bundle(self, index, width):
        path = f'tile/entries/{index_path(index, width)}'
        data = self.get(path, 'application/octet-stream')
        found = []
        while data:
            length = int.from_bytes(data[:2], 'big')
            found.append(data[2:2 + length])
            if len(data) < 2 + length:
                raise LogIsWrong(f'{path} is cut short')
            data = data[2 + length:]
        if len(found) != width:
            raise LogIsWrong(f'{path} has {len(found)} entries')
        return found

    def look(self):
        """Looks at the log as it is now. Returns its size."""
        note = Note(self.get('checkpoint', 'text/plain; charset=utf-8'))
        note.check_signed_by(self.log_key)
        origin, size, root = note.checkpoint()
        if origin != self.log_key.name:
            raise LogIsWrong(f'the checkpoint is of {origin}')
        if size < self.size:
            raise LogIsWrong(f'the log has shrunk from {self.size} to {size}')
        leaves = self.leaves[:self.size // WIDTH * WIDTH] + self.row(0, size, self.size)
        if leaves[:self.size] != self.leaves:
            raise LogIsWrong('the log has changed what it showed before')
        if root_of(leaves) != root:
            raise LogIsWrong('the tiles do not make the root')
        below = leaves
        for level in range(1, 8):
            below = [root_of(below[i:i + WIDTH]) for i in range(0, len(below) // WIDTH * WIDTH, WIDTH)]
            if self.row(level, size, 0) != below:
                raise LogIsWrong(f'the tiles of level {level} are not made of those below')
        if self.with_entries:
            first = len(self.entries) // WIDTH
            entries = self.entries[:first * WIDTH]
            for index in range(first, -(-size // WIDTH)):
                entries += self.bundle(index, min(WIDTH, size - index * WIDTH))
            for index, entry in enumerate(entries):
                if leaf_hash(entry) != leaves[index]:
                    raise LogIsWrong(f'entry {index} is not what its leaf was made of')
            self.entries = entries
        self.cosigned = {key.name: time for key in self.witness_keys if (time := note.cosigned_at(key)) is not None}
        self.size, self.leaves = size, leaves
        return size


def main(arguments):
    entries = '--entries' in arguments
    words = [a for a in arguments if not a.startswith('--')]
    if len(words) < 2:
        sys.exit(__doc__)
    keys = []
    for path in words[1:]:
        with open(path, encoding='utf-8') as file:
            keys.append(file.read())
    follower = LogFollower(words[0], keys[0], keys[1:], entries)
    try:
        size = follower.look()
    except urllib.error.URLError as e:
        sys.exit(f'{words[0]}: {e}')
    print(f'{size} entries, {follower.fetched} resources: the tiles make the root that {follower.log_key.name} signed')
    for name, time in follower.cosigned.items():
        print(f'cosigned by {name} at {time}')


if __name__ == '__main__':
    main(sys.argv[1:])
