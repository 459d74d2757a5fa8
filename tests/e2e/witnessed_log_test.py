#!/usr/bin/env python3
"""The log as a stranger sees it: static tiles over HTTP, checked by a follower that shares no code with Docket, and cosigned by a witness
that does not either, beside others that lie."""
import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import unittest
import urllib.error
import urllib.request

import witness
from log_follower import LogFollower
from suite import Suite, wait_until

HERE = pathlib.Path(__file__).resolve().parent
AUDITOR = 'yunqi/shenji'
# Behaviour and place among the ports that are left to the test.
WITNESSES = {'honest': 12, 'slippery': 13, 'forging': 14, 'silent': 15}


def name_of(behaviour):
    return f'witness.example/{behaviour}'


class WitnessedLog(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.suite = Suite()
        cls.witnesses = []
        try:
            config = cls.suite.state / 'config'
            config.mkdir(parents=True)
            (config / 'witnesses.json').write_text(json.dumps(
                [{'verifierKey': witness.key_of(name_of(b)), 'url': f'http://127.0.0.1:{cls.suite.port + place}'}
                 for b, place in WITNESSES.items()] + [{'verifierKey': witness.key_of('witness.example/carried')}]))
            cls.suite.up()
            cls.log_key = config / 'log.vkey'
            for behaviour, place in WITNESSES.items():
                cls.witnesses.append(subprocess.Popen(
                    [sys.executable, HERE / 'witness.py', f'--port={cls.suite.port + place}', f'--name={name_of(behaviour)}',
                     f'--log-key={cls.log_key}', f'--state={cls.suite.folder / behaviour}', f'--behaviour={behaviour}']))
            cls.url = f'http://127.0.0.1:{cls.suite.port + 11}'
            # Enough for a complete tile.
            for sample, path in (('library', 'complete'), ('property', 'complete'), ('library', 'rollback')):
                run = cls.suite.start_change(sample, path)
                output, _ = run.communicate(timeout=180)
                if run.returncode != 0:
                    raise AssertionError(output)
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        for process in cls.witnesses:
            process.kill()
            process.wait()
        cls.suite.__exit__(sys.exc_info()[0])

    def follower(self, *witnesses, entries=False):
        return LogFollower(self.url, self.log_key.read_text(), [witness.key_of(name_of(w)) for w in witnesses], entries)

    def status_of(self, path):
        try:
            with urllib.request.urlopen(f'{self.url}/{path}', timeout=30) as response:
                return response.status
        except urllib.error.HTTPError as e:
            return e.code

    def restart_audit(self, how, **environment):
        pid = self.suite.pid('audit')
        os.kill(pid, how)
        wait_until(lambda: not pathlib.Path(f'/proc/{pid}').exists() or '\nState:\tZ' in pathlib.Path(f'/proc/{pid}/status').read_text(),
                   30, 'the audit service is gone')
        self.suite.environment.update(environment)
        self.suite.up()

    def requests_to(self, behaviour):
        with urllib.request.urlopen(f'http://127.0.0.1:{self.suite.port + WITNESSES[behaviour]}/', timeout=30) as response:
            return int(response.read())

    def test_1_the_tiles_make_what_was_signed_and_the_log_only_grows(self):
        follower = self.follower()
        first = follower.look()
        self.assertGreater(first, 50)
        # Looking leaves nothing in the log; reading evidence through the gateway does.
        self.suite.call('ListEntries', {'parent': 'organizations/yunqi'}, AUDITOR)
        wait_until(lambda: follower.look() > first, 60, 'the log shows that it was read')

    def test_2_the_honest_witness_cosigns_and_the_others_change_nothing(self):
        follower = self.follower(*WITNESSES)

        def cosigned():
            follower.look()
            return name_of('honest') in follower.cosigned

        wait_until(cosigned, 60, 'the checkpoint carries the witness\'s cosignature')
        self.assertEqual(set(follower.cosigned), {name_of('honest')})
        wait_until(lambda: self.requests_to('silent') >= 1 and self.requests_to('slippery') >= 3, 60, 'the others were asked')
        # Not for ever: three times, then a pause.
        self.assertLessEqual(self.requests_to('slippery'), 12)
        rows = self.suite.sql('SELECT DISTINCT witness FROM docket_audit.cosignature')
        self.assertEqual(rows, [[name_of('honest')]])

        shown = self.suite.call('GetCheckpoint', {}, AUDITOR)
        cosigner = [c['witness'] for c in shown['cosigned']['cosignatures']]
        self.assertEqual(cosigner, [name_of('honest')])

    def test_3_docketctl_verifies_a_trail_up_to_the_witness(self):
        changes = self.suite.sql("SELECT DISTINCT change_name FROM docket_audit.entry WHERE change_name LIKE '%/requests/%'")
        trail, keys = self.suite.folder / 'trail.json', self.suite.folder / 'witness.vkey'
        auditor = changes[0][0].split('/')[1] + '/shenji'
        self.suite.ctl('trail', 'get', changes[0][0], f'--out={trail}', who=auditor)
        self.assertIn('not verified: a cosignature by witness.example/honest', self.suite.ctl('trail', 'verify', str(trail)).stdout)
        keys.write_text('# 见证人\n' + witness.key_of(name_of('honest')) + '\n')
        verified = self.suite.ctl('trail', 'verify', str(trail), f'--witness-keys={keys}').stdout
        self.assertIn('verified: witness.example/honest saw the log at size', verified)
        keys.write_text(witness.key_of(name_of('slippery')) + '\n')
        self.assertEqual(self.suite.ctl('trail', 'verify', str(trail), f'--witness-keys={keys}', check=False).returncode, 8)

    def test_4_a_cosignature_is_carried_to_the_log(self):
        shown = self.suite.call('GetCheckpoint', {}, AUDITOR)
        text = shown['note'].partition('\n\n')[0] + '\n'
        name = 'witness.example/carried'
        line = witness.cosign(witness.seed_of(name), name, text.encode(), 1_700_000_000)
        body = {'size': shown['size'], 'line': line, 'request_id': '0192f0c1-2d4e-7a6b-8c9d-0e1f2a3b4c5d'}
        added = self.suite.call('AddCosignature', body, AUDITOR)
        self.assertEqual(added['witness'], name)
        refused = self.suite.ctl('call', 'AddCosignature', json.dumps(dict(body, line=line[:-8] + 'AAAAAA=\n',
                                 request_id='0192f0c1-2d4e-7a6b-8c9d-0e1f2a3b4c5e')), who=AUDITOR, check=False)
        self.assertEqual(refused.returncode, 3, refused.stderr)
        wait_until(lambda: self.suite.sql("SELECT COUNT(*) FROM docket_audit.entry WHERE type = 'CheckpointCosigned'") == [['1']],
                   30, 'the log says that it was cosigned')

    def test_5_entries_are_served_only_on_request(self):
        self.assertEqual(self.status_of('tile/entries/000.p/1'), 404)
        before = self.follower()
        before.look()
        # By kill -9, after which nothing that was shown may have changed.
        self.restart_audit(signal.SIGKILL, DOCKET_TILE_ENTRIES='yes')
        before.look()
        follower = self.follower(entries=True)
        size = follower.look()
        self.assertEqual(len(follower.entries), size)
        stored = self.suite.sql(f'SELECT HEX(entry) FROM docket_audit.entry WHERE log_index < {size} ORDER BY log_index')
        self.assertEqual([bytes.fromhex(row[0]) for row in stored], follower.entries)
        self.restart_audit(signal.SIGTERM, DOCKET_TILE_ENTRIES='')
        self.assertEqual(self.status_of('tile/entries/000.p/1'), 404)
        before.look()

    def test_6_nothing_else_is_served(self):
        for path in ('', 'metrics', 'tile/0/x000/000', 'tile/0/9999', 'tile/9/000', 'checkpoint/', '../etc/passwd', '%2e%2e/etc/passwd'):
            self.assertEqual(self.status_of(path), 404, path)
        connection = http.client.HTTPConnection('127.0.0.1', self.suite.port + 11, timeout=30)
        connection.request('POST', '/checkpoint', b'x')
        self.assertEqual(connection.getresponse().status, 405)

    def test_7_what_was_edited_in_the_database_is_not_served(self):
        follower = self.follower()
        size = follower.look()
        self.assertGreater(size, 256, 'the log has a complete tile')
        self.suite.sql("UPDATE docket_audit.tile SET hashes = CONCAT(REPEAT('x', 32), SUBSTRING(hashes, 33)) WHERE level = 0 AND tile_index = 0")
        self.assertEqual(self.status_of('tile/0/000'), 500)
        with self.assertRaises(urllib.error.HTTPError):
            self.follower().look()


if __name__ == '__main__':
    unittest.main(verbosity=2)
