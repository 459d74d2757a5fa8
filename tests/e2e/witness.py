#!/usr/bin/env python3
"""A small witness (C2SP tlog-witness) for tests: real HTTP, a state of its own, nothing of Docket's code; and some that lie.

    witness.py --port=7500 --name=witness.example/w1 --log-key=FILE --state=FILE [--behaviour=honest]

The key is derived from the name. Behaviours:
    honest      follows the specification
    slippery    answers every request with a conflict at another size
    forging     answers with another key's cosignature under its own name
    silent      takes the request and does not answer
"""
import argparse
import base64
import hashlib
import http.server
import itertools
import json
import os
import threading
import time

import ed25519
from log_follower import node_hash
from signed_note import COSIGNATURE, Key, Note, WrongNote, cosign


def seed_of(name):
    return hashlib.sha256(b'a witness for tests: ' + name.encode()).digest()


def key_of(name):
    """The text of its public key, as a log is configured with it."""
    return Key.text_of(name, COSIGNATURE, ed25519.public_key(seed_of(name)))


def extends(old_size, old_root, size, root, proof):
    """RFC 9162, section 2.1.4.2."""
    if old_size == size:
        return not proof and old_root == root
    proof = ([old_root] if old_size & (old_size - 1) == 0 else []) + proof
    if not proof:
        return False
    node, last = old_size - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and old == old_root and new == root


class Witness:
    def __init__(self, name, log_key, state, behaviour):
        self.name, self.log_key, self.state, self.behaviour = name, log_key, state, behaviour
        self.lock = threading.Lock()
        self.numbers = itertools.count(1)

    def known(self):
        if not os.path.exists(self.state):
            return 0, b''
        with open(self.state, encoding='utf-8') as file:
            size, root = json.load(file)
        return size, bytes.fromhex(root)

    def remember(self, size, root):
        with open(self.state + '.new', 'w', encoding='utf-8') as file:
            json.dump([size, root.hex()], file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(self.state + '.new', self.state)

    def add_checkpoint(self, body):
        """Status and body of the answer."""
        head, _, rest = body.partition(b'\n\n')
        try:
            first, *lines = head.decode().split('\n')
            word, number = first.split(' ')
            proof = [base64.b64decode(line, validate=True) for line in lines]
            note = Note(rest)
            origin, size, root = note.checkpoint()
            if word != 'old' or str(int(number)) != number or len(proof) > 63 or int(number) > size:
                return 400, ''
        except (ValueError, WrongNote):
            return 400, ''
        if origin != self.log_key.name:
            return 404, ''
        try:
            note.check_signed_by(self.log_key)
        except WrongNote:
            return 403, ''
        if self.behaviour == 'slippery':
            return 409, f'{next(self.numbers) % size}\n'
        if self.behaviour == 'forging':
            forged = cosign(seed_of('someone else'), self.name, note.text, int(time.time()))
            own = Key(key_of(self.name)).key_id
            payload = base64.b64decode(forged.split(' ')[2])
            return 200, f'— {self.name} {base64.b64encode(own + payload[4:]).decode()}\n'
        with self.lock:
            known_size, known_root = self.known()
            if int(number) != known_size or (known_size == size and known_root != root):
                return 409, f'{known_size}\n'
            if proof and known_size == 0 or known_size and not extends(known_size, known_root, size, root, proof):
                return 422, ''
            self.remember(size, root)
        return 200, cosign(seed_of(self.name), self.name, note.text, int(time.time()))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    witness = None
    requests = 0

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        Handler.requests += 1
        if self.path != '/add-checkpoint':
            return self.answer(404, '')
        if self.witness.behaviour == 'silent':
            # Until the other side has had enough.
            self.rfile.read(1)
            return self.close()
        return self.answer(*self.witness.add_checkpoint(body))

    def do_GET(self):
        """How often it was asked."""
        self.answer(200, f'{Handler.requests}\n')

    def close(self):
        self.close_connection = True

    def answer(self, status, text):
        data = text.encode()
        self.send_response(status)
        self.send_header('Content-Type', 'text/x.tlog.size' if status == 409 else 'text/plain; charset=utf-8')
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--port', type=int, required=True)
    parser.add_argument('--name', required=True)
    parser.add_argument('--log-key', required=True)
    parser.add_argument('--state', required=True)
    parser.add_argument('--behaviour', default='honest', choices=['honest', 'slippery', 'forging', 'silent'])
    arguments = parser.parse_args()
    with open(arguments.log_key, encoding='utf-8') as file:
        log_key = Key(file.read())
    Handler.witness = Witness(arguments.name, log_key, arguments.state, arguments.behaviour)
    http.server.ThreadingHTTPServer(('127.0.0.1', arguments.port), Handler).serve_forever()


if __name__ == '__main__':
    main()
