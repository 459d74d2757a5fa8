#!/usr/bin/env python3
"""Wrong input for every method of the contract, on real processes: each is refused in the right words, and leaves nothing."""
import os
import pathlib
import re
import subprocess
import unittest

from suite import SAMPLES, Suite, wait_until

SERVICES = ('audit', 'request', 'evaluation', 'scheduling', 'gateway')
# What refused calls may leave, and what grows by itself: events on their way, and the audit log, in which refusals belong, with what is made of it.
MOVING = {'outbox', 'inbox', 'relay_lease', 'relay_cursor', 'relay_quarantine', 'entry', 'entry_system', 'payload', 'payload_secret', 'subject_key', 'dedupe',
          'tile', 'checkpoint', 'cosignature', 'tree_state', 'ingest_source', 'ingest_gap', 'scrub_lap', 'statistic', 'change_fact', 'statistic_zone',
          'search_posting', 'request_search'}


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.suite = Suite()
        try:
            cls.suite.up()
        except BaseException:
            cls.suite.__exit__(AssertionError)
            raise

    @classmethod
    def tearDownClass(cls):
        cls.suite.__exit__(None)

    def run_program(self, mode):
        program = pathlib.Path(self.suite.environment['DOCKET_BUILD']) / 'tests' / 'e2e' / 'docket_bad_input'
        environment = dict(os.environ, ADDRESS=f'127.0.0.1:{self.suite.port}', CA=str(self.suite.state / 'tls' / 'ca.crt'),
                           TOKENS=str(self.suite.state / 'token'), ORGANIZATION=str(SAMPLES / 'property' / 'organization.yaml'),
                           OTHER_ORGANIZATION=str(SAMPLES / 'library' / 'organization.yaml'))
        return subprocess.run([program, mode], env=environment, capture_output=True, text=True, errors='replace', timeout=800, check=False)

    def check(self, mode, at_least):
        done = self.run_program(mode)
        if 'DOCKET_BAD_INPUT_LOG' in os.environ:
            pathlib.Path(f"{os.environ['DOCKET_BAD_INPUT_LOG']}.{mode}").write_text(done.stdout)
        lines = done.stdout.splitlines()
        failures = [line for line in lines if line.startswith('FAIL ')]
        totals = re.fullmatch(r'methods: (\d+) cases: (\d+) failed: (\d+)', lines[-1] if lines else '')
        self.assertIsNotNone(totals, f'the program did not come to its end: exit code {done.returncode}\n{done.stderr}')
        print(f'{mode}: {totals.group(0)}', flush=True)
        self.assertEqual(failures, [], '\n' + '\n'.join(failures[:50]))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreaterEqual(int(totals.group(2)), at_least)

    def rows(self):
        """How many rows each table has that a method could create something in."""
        tables = self.suite.sql("SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema LIKE 'docket\\_%'")
        counts = {}
        for schema, table in tables:
            if table in MOVING:
                continue
            [[count]] = self.suite.sql(f'SELECT COUNT(*) FROM `{schema}`.`{table}`')
            counts[f'{schema}.{table}'] = int(count)
        self.assertIn('docket_request.request', counts)
        return counts

    def check_healthy(self):
        tls = self.suite.state / 'tls'
        for offset, name in enumerate(('gateway', 'request', 'evaluation', 'scheduling', 'audit')):
            self.suite.ctl('health', f'--address=127.0.0.1:{self.suite.port + offset}', f'--certificate={tls}/docketctl.crt',
                           f'--key={tls}/docketctl.key', f'--server-name={name}.docket')

    def settled(self):
        """Every event of the sample organisations has arrived everywhere, so that nothing is created later on because of them."""
        for schema in ('docket_request', 'docket_evaluation', 'docket_scheduling', 'docket_audit'):
            [[waiting]] = self.suite.sql(f'SELECT (SELECT COUNT(*) FROM {schema}.outbox WHERE sequence = 0) + (SELECT COUNT(*) FROM '
                                         f'{schema}.relay_cursor, {schema}.relay_lease WHERE relay_cursor.next_sequence < relay_lease.next_sequence)')
            if waiting != '0':
                return False
        return True

    def test_what_is_wrong_is_refused_and_leaves_nothing(self):
        wait_until(self.settled, 60, 'all events of the samples have arrived')
        processes = {name: self.suite.pid(name) for name in SERVICES}
        before = self.rows()
        self.check('cases', at_least=1000)
        self.check_healthy()
        self.assertEqual({name: self.suite.pid(name) for name in SERVICES}, processes)
        for name, pid in processes.items():
            self.assertTrue(pathlib.Path(f'/proc/{pid}').exists(), f'{name} is gone')
        self.assertEqual(self.rows(), before, 'refused calls created something')
        # Only now: some of the valid requests do create something.
        self.check('baseline', at_least=70)
        self.check_healthy()


if __name__ == '__main__':
    unittest.main(verbosity=2)
