#!/usr/bin/env python3
"""The gateway, driven by clients that were not written here: buf curl and @grpc/grpc-js."""
import json
import subprocess
import unittest

from suite import ROOT, Suite

BUF = ROOT / 'tests' / 'node_modules' / '.bin' / 'buf'


class Clients(unittest.TestCase):
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

    def buf_curl(self, method, body, who):
        token = (self.suite.state / 'token' / f'{who}.jwt').read_text().strip()
        return subprocess.run([BUF, 'curl', '--schema', ROOT / 'proto', '--protocol', 'grpc', '--cacert', self.suite.state / 'tls' / 'ca.crt',
                               '-H', f'authorization: Bearer {token}', '-d', json.dumps(body), f'https://localhost:{self.suite.port}/{method}'],
                              capture_output=True, text=True, timeout=60)

    def test_buf_curl(self):
        listed = self.buf_curl('docket.request.v1.CatalogService/ListSystems', {'parent': 'organizations/yunqi', 'pageSize': 2}, 'yunqi/li-xiaoyun')
        self.assertEqual(listed.returncode, 0, listed.stderr)
        answer = json.loads(listed.stdout)
        self.assertEqual([s['name'] for s in answer['systems']],
                         ['organizations/yunqi/systems/access-control', 'organizations/yunqi/systems/equipment-inspection'])
        self.assertEqual(answer['systems'][0]['title'], '门禁管理软件')
        self.assertTrue(answer['nextPageToken'])

    def test_buf_curl_shows_a_structured_error(self):
        refused = self.buf_curl('docket.request.v1.CatalogService/ListSystems', {'parent': 'organizations/wenlan'}, 'yunqi/li-xiaoyun')
        self.assertNotEqual(refused.returncode, 0)
        error = json.loads(refused.stderr[refused.stderr.index('{'):])
        self.assertEqual(error['code'], 'permission_denied')

    def test_grpc_js(self):
        script = ROOT / 'tests' / 'e2e' / 'grpc_js_client.js'
        done = subprocess.run(['node', script], env=dict(self.suite.environment, ADDRESS=f'localhost:{self.suite.port}',
                                                         CA=str(self.suite.state / 'tls' / 'ca.crt'), PROTO=str(ROOT / 'proto'),
                                                         TOKENS=str(self.suite.state / 'token')),
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == '__main__':
    unittest.main(verbosity=2)
