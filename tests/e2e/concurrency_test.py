#!/usr/bin/env python3
"""Sixty-four clients at once, and two replicas of the request service on one database, one of which is killed in the middle."""
import json
import pathlib
import re
import subprocess
import unittest
import urllib.request

from suite import ROOT, Suite, wait_until

CLIENTS = 64
ROUNDS = 4
REQUESTS_EACH = 8


class Concurrency(unittest.TestCase):
    def setUp(self):
        self.suite = Suite()
        self.replica = self.gateway = None
        try:
            self.suite.up()
            self.start_second_replica()
        except BaseException:
            self.stop()
            raise

    def tearDown(self):
        self.stop()

    def stop(self):
        if self.replica is not None:
            self.replica.terminate()
            self.replica.wait(30)
        self.suite.__exit__(None)
        if self.gateway is not None:
            self.gateway.wait(30)

    def start_second_replica(self):
        """Another process of the request service, on the same database; the gateway then takes both in turn."""
        configs = self.suite.state / 'config'
        config = json.loads((configs / 'request.json').read_text())
        first = config['listener']['address']
        second = f'127.0.0.1:{self.suite.port + 14}'
        config['listener']['address'] = second
        config['listener']['metricsAddress'] = f'127.0.0.1:{self.suite.port + 13}'
        (configs / 'request-2.json').write_text(json.dumps(config))
        program = pathlib.Path(self.suite.environment['DOCKET_BUILD']) / 'services' / 'request' / 'docket-request'
        with open(self.suite.state / 'log' / 'request-2.log', 'ab') as log:
            self.replica = subprocess.Popen([program, 'serve', f'--config={configs / "request-2.json"}'], stdout=log, stderr=log,
                                            env=self.suite.environment)

        doors = json.loads((configs / 'gateway.json').read_text())
        for backend in doors['backends']:
            if backend['service'] == 'request':
                backend['target'] = f'ipv4:{first},{second}'
        (configs / 'gateway.json').write_text(json.dumps(doors))
        self.suite.kill('gateway')
        program = pathlib.Path(self.suite.environment['DOCKET_BUILD']) / 'services' / 'gateway' / 'docket-gateway'
        with open(self.suite.state / 'log' / 'gateway.log', 'ab') as log:
            self.gateway = subprocess.Popen([program, 'serve', f'--config={configs / "gateway.json"}'], stdout=log, stderr=log,
                                       env=self.suite.environment, start_new_session=True)
        (self.suite.state / 'run' / 'gateway.pid').write_text(str(self.gateway.pid))
        wait_until(self.gateway_serves, 30, 'the gateway serves')
        wait_until(lambda: self.serves_on(second), 30, 'the second replica serves')

    def gateway_serves(self):
        return self.suite.ctl('call', 'ListSystems', '{"parent": "organizations/yunqi"}', who='yunqi/shenji', check=False).returncode == 0

    def serves_on(self, address):
        docketctl = pathlib.Path(self.suite.environment['DOCKET_BUILD']) / 'services' / 'docketctl' / 'docketctl'
        tls = self.suite.state / 'tls'
        return subprocess.run([docketctl, f'--address={address}', f'--ca={tls / "ca.crt"}', f'--certificate={tls / "docketctl.crt"}',
                               f'--key={tls / "docketctl.key"}', '--server-name=request.docket', 'health'],
                              capture_output=True, check=False, timeout=30).returncode == 0

    def served(self, metrics_port):
        """How many submissions the replica with its metrics on this port has answered."""
        with urllib.request.urlopen(f'http://127.0.0.1:{metrics_port}/metrics', timeout=10) as answer:
            text = answer.read().decode()
        return sum(float(value) for value in re.findall(r'^docket_rpc_requests_total\{[^}]*SubmitRequest"[^}]*\} ([0-9.e+]+)$', text, re.M))

    def clients(self, mode, count):
        """The clients as a running process that says what it does, a line of JSON each."""
        environment = dict(self.suite.environment, ADDRESS=f'localhost:{self.suite.port}', CA=str(self.suite.state / 'tls' / 'ca.crt'),
                           PROTO=str(ROOT / 'proto'), TOKENS=str(self.suite.state / 'token'))
        return subprocess.Popen(['node', ROOT / 'tests' / 'e2e' / 'concurrency_client.js', mode, str(count)], env=environment,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def entries(self, change):
        """What the audit log says of a change, oldest first."""
        answer = self.suite.call('LogService/ListEntries', {'parent': 'organizations/yunqi', 'page_size': 1000, 'order_by': 'index',
                                                            'filter': f'change = "{change}"'}, 'yunqi/shenji')
        return [entry['event'] for entry in answer['entries']]

    def done(self, change):
        """The steps that were taken, each with the revision that it led to."""
        return [(event['type'], int(event['subject_revision'])) for event in self.entries(change)
                if event['type'] != 'CallDenied' and event['subject'] == change]

    def check_history(self, change, types):
        steps = [(type_, revision + 1) for revision, type_ in enumerate(types)]
        wait_until(lambda: len(self.done(change)) >= len(steps), 60, f'the log has heard of all of {change}')
        self.assertEqual(self.done(change), steps)
        shown = self.suite.call('RequestService/GetRequest', {'name': change}, 'yunqi/li-xiaoyun')
        self.assertEqual(int(shown['revision']), len(steps))
        return shown

    def test_one_winner_each_time(self):
        with self.clients('hammer', ROUNDS) as run:
            output, _ = run.communicate(timeout=300)
        self.assertEqual(run.returncode, 0, output)
        for metrics_port in (self.suite.port + 7, self.suite.port + 13):
            self.assertGreater(self.served(metrics_port), ROUNDS, 'both replicas have their share')
        lines = [json.loads(line) for line in output.splitlines()]
        self.assertEqual(len(lines), 4 * ROUNDS)
        refusals = {'ABORTED STALE_ETAG', 'ABORTED CONCURRENT_CHANGE', 'FAILED_PRECONDITION WRONG_STATE'}
        for line in lines:
            what, name = line.pop('what'), line.pop('name')
            state, distinct = line.pop('state', None), line.pop('distinct', None)
            self.assertEqual(sum(line.values()), CLIENTS, line)
            if what == 'one request_id':
                self.assertEqual((line, distinct), ({'OK': CLIENTS}, 1), 'everyone gets the one answer')
            elif what == 'request_id reused':
                self.assertEqual(line, {'OK': CLIENTS // 2, 'INVALID_ARGUMENT REQUEST_ID_REUSED': CLIENTS // 2})
                self.check_history(name, ['RequestCreated', 'RequestWithdrawn'])
            else:
                self.assertEqual(line.pop('OK', 0), 1, f'{what}: exactly one of the calls wins')
                self.assertLessEqual(set(line), refusals, what)
            if what == 'conflicting':
                last = {'STATE_WITHDRAWN': 'RequestWithdrawn', 'STATE_ENDORSED': 'RequestEndorsed', 'STATE_RETURNED': 'RequestReturned'}[state]
                shown = self.check_history(name, ['RequestCreated', 'RequestSubmitted', 'RequestReturned', 'RequestSubmitted', last])
                self.assertEqual(shown['state'], state)
        self.check_numbers_and_events()

    def test_a_replica_dies_under_load(self):
        submitted = {}
        killed = False
        output = []
        with self.clients('load', REQUESTS_EACH) as run:
            for text in run.stdout:
                output.append(text)
                if not text.startswith('{'):
                    continue
                line = json.loads(text)
                submitted[line['name']] = line['number']
                if not killed and line['done'] >= CLIENTS * REQUESTS_EACH // 3:
                    self.assertGreater(self.served(self.suite.port + 7), 0)
                    # The one that was first, and so most likely holds the lease of the relay.
                    self.suite.kill('request')
                    killed = True
        self.assertEqual(run.returncode, 0, ''.join(output[-20:]))
        self.assertTrue(killed)
        self.assertGreater(self.served(self.suite.port + 13), 0)
        self.assertEqual(len(submitted), CLIENTS * REQUESTS_EACH)
        self.assertEqual(len(set(submitted.values())), len(submitted), 'a number was given twice')
        kept = dict(self.suite.sql("SELECT LOWER(HEX(request_id)), request_number FROM docket_request.request WHERE submit_time_us > 0"))
        for name, number in submitted.items():
            self.assertEqual(kept[name.rsplit('/', 1)[1].replace('-', '')], number, 'an answer that the table does not know')
        # Whose answer was lost asked again under the same request_id: no request stands there twice.
        self.assertEqual(len(kept), len(submitted))
        self.check_numbers_and_events()

    def check_numbers_and_events(self):
        """No gap in the numbers, and of every request each event once, in order, in the log."""
        numbers = sorted(int(row[0].split('-')[-1]) for row in
                         self.suite.sql("SELECT request_number FROM docket_request.request WHERE organization_id = 'yunqi' AND submit_time_us > 0"))
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)))
        # A request's revision counts its steps, and each step leaves one event.
        steps = int(self.suite.sql('SELECT SUM(revision) FROM docket_request.request')[0][0])
        heard = "SELECT COUNT(*) FROM docket_audit.entry WHERE source = 'services/request' AND type LIKE 'Request%'"
        wait_until(lambda: int(self.suite.sql(heard)[0][0]) >= steps, 120, 'the log has heard of every step')
        self.assertEqual(int(self.suite.sql(heard)[0][0]), steps)
        once = self.suite.sql("SELECT change_name, type, COUNT(*) FROM docket_audit.entry WHERE type = 'RequestCreated' "
                              'GROUP BY change_name, type HAVING COUNT(*) <> 1')
        self.assertEqual(once, [])
        self.assertEqual(self.suite.sql('SELECT COUNT(*) FROM docket_request.relay_quarantine'), [['0']])


if __name__ == '__main__':
    unittest.main(verbosity=2)
