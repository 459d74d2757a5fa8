#!/usr/bin/env python3
"""Input as nasty as it gets, through the gateway: it is kept as it was given, or refused in words that name the field. Nothing else."""
import json
import re
import unittest
import uuid

from suite import Suite

ORGANIZATION = 'organizations/yunqi'
AUTHOR = 'yunqi/li-xiaoyun'
HEAD = 'yunqi/wang-zhuren'
DIRECTOR = 'yunqi/zhang-zhuguan'
ADMINISTRATOR = 'platform/administrator'
# Systems in the catalogue's largest graph, beside those of the sample data.
NODES = 9990
# Texts that must come back as they went in.
KEPT = ('👩🏽\u200d💻🇨🇳 表情符号 🏳️\u200d🌈', 'مرحبا \u202eabc\u202c עברית', 'e\u0301 é ﬁ ① ㎏ Ａ', '零宽\u200b空格', "'; DROP TABLE request; -- \\ \" ` %_",
        '<script>alert(1)</script> ${jndi:ldap://x} {{7*7}}', '𠀀𠮷 四字节汉字', 'line\u2028separator', '\ufeffBOM')
# Texts that must be refused, and the field that the refusal names.
REFUSED = ({'title': 'a\u0000b'}, {'need': 'x\u0000'}, {'title': 'x' * (1 << 20)}, {'need': '长' * (1 << 19)}, {'title': ''}, {'urgency': 'LEVEL_UNSPECIFIED'},
           {'targets': []}, {'title': '\u0007铃'})
# Filters that mean something odd; each is refused as a filter, or answered like any other.
FILTERS = ('title = "%\' OR 1=1 --"', 'title = "(a+)+$"', 'title:"*"', 'title = "' + 'x' * 5000 + '"', '(' * 5000 + 'state = DRAFT' + ')' * 5000,
           'NOT ' * 2000 + 'state = DRAFT', 'state = DRAFT; DROP TABLE request', 'create_time > "0000-01-01T00:00:00Z"', 'create_time > "9999-12-31T23:59:59Z"',
           'create_time > "10000-01-01T00:00:00Z"', 'create_time > "2026-02-30T00:00:00Z"', 'title = "\\u0000"', 'no_such_field = 1', 'state = 99999999999999999999',
           '二维码 OR "face engine" NOT retired', 'state', '"%"', '_ \' OR 1=1 --\'', "'\u200b\u0301'", '😀', 'x' * 201, 'ab ' * 21, '""', 'state = DRAFT 门禁(闸机)',
           '"', '\\', 'AND', 'state = DRAFT OR', '🙂 = 🙃', 'system = "organizations/wenlan/systems/circulation"')
# Times to put a request off to, and whether that can be done.
DATES = (('0001-01-01T00:00:00Z', False), ('1969-12-31T23:59:59Z', False), ('9999-12-31T23:59:59Z', True), ('9999-12-31T23:59:59.999999999Z', True),
         ('0000-00-00T00:00:00Z', False), ('10000-01-01T00:00:00Z', False), ('gestern', False), ('', False))


def form(**fields):
    request = {'title': '门禁管理软件升级', 'kind': 'CHANGE_KIND_NORMAL', 'source': 'SOURCE_FORM', 'need': '需要', 'problem': '问题', 'businessImpact': '影响',
               'urgency': 'LEVEL_LOW', 'impact': 'LEVEL_LOW', 'necessityGround': 'NECESSITY_GROUND_BUSINESS_NEED',
               'targets': [{'system': f'{ORGANIZATION}/systems/access-control', 'fromVersion': '4.1.3', 'toVersion': '4.2.0'}]}
    return {'parent': ORGANIZATION, 'requestId': str(uuid.uuid4()), 'request': {**request, **fields}}


class NastyInput(unittest.TestCase):
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

    def ask(self, method, body, who=AUTHOR):
        """The finished call. Never a crash, an internal error or a hang: those are what this test is about."""
        file = self.suite.folder / 'body.json'
        file.write_text(json.dumps(body))
        done = self.suite.ctl('call', method, f'@{file}', who=who, check=False)
        self.assertNotRegex(done.stderr, r'\b(INTERNAL|UNKNOWN|UNAVAILABLE|DEADLINE_EXCEEDED|DATA_LOSS)\b', f'{method} {str(body)[:300]}')
        return done

    def make(self, **fields):
        done = self.ask('CreateRequest', form(**fields))
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)['name']

    def test_texts_come_back_as_they_went_in(self):
        for text in KEPT:
            with self.subTest(text=text):
                name = self.make(title=text, need=text)
                self.suite.call('SubmitRequest', {'name': name, 'requestId': str(uuid.uuid4())}, AUTHOR)
                request = self.suite.call('GetRequest', {'name': name}, AUTHOR)
                self.assertEqual((request['title'], request['need']), (text, text))
                self.assertIn(self.ask('SearchRequests', {'parent': ORGANIZATION, 'query': text}).returncode, (0, 3))

    def test_what_is_refused_names_its_field(self):
        for fields in REFUSED:
            field = next(iter(fields))
            with self.subTest(field=field, size=len(str(fields[field]))):
                done = self.ask('CreateRequest', form(**fields))
                self.assertEqual(done.returncode, 3, done.stdout)
                self.assertIn('INVALID_ARGUMENT', done.stderr)
                self.assertIn(f'request.{field}', done.stderr)
        done = self.ask('CreateRequest', form(need='x' * (5 << 20)))
        self.assertIn('MESSAGE_TOO_LARGE', done.stderr)

    def test_filters(self):
        for text in FILTERS:
            with self.subTest(filter=text[:80]):
                done = self.ask('ListRequests', {'parent': ORGANIZATION, 'filter': text})
                if done.returncode != 0:
                    self.assertRegex(done.stderr, 'INVALID_FILTER|INVALID_FIELDS|OTHER_ORGANIZATION')
                else:
                    self.assertLess(len(json.loads(done.stdout).get('requests', [])), 50)

    def test_dates(self):
        for text, allowed in DATES:
            with self.subTest(date=text):
                name = self.make()
                self.suite.call('SubmitRequest', {'name': name, 'requestId': str(uuid.uuid4())}, AUTHOR)
                self.suite.call('EndorseRequest', {'name': name, 'requestId': str(uuid.uuid4())}, HEAD)
                done = self.ask('TriageRequest', {'name': name, 'requestId': str(uuid.uuid4()), 'outcome': 'TRIAGE_OUTCOME_DEFER', 'reason': '年后再议',
                                                  'deferUntilTime': text}, DIRECTOR)
                self.assertEqual(done.returncode == 0, allowed, done.stderr)
                if not allowed:
                    self.assertRegex(done.stderr, 'defer_until_time|deferUntilTime')

    def test_twins(self):
        """Identifiers that differ by case or blanks alone are other identifiers, or none."""
        for twin in ('Access-Control', 'access-control ', ' access-control', 'access-control\u00a0', 'ａccess-control', 'access-control/', '..', '%61ccess-control'):
            with self.subTest(twin=twin):
                done = self.ask('GetSystem', {'name': f'{ORGANIZATION}/systems/{twin}'})
                self.assertIn(done.returncode, (3, 5), done.stdout)
        self.assertEqual(self.ask('GetSystem', {'name': f'{ORGANIZATION}/systems/access-control'}).returncode, 0)

    def test_the_largest_graph(self):
        """Ten thousand systems, each of which needs up to three others."""
        def item(i, *needs):
            return json.dumps({'id': f'n{i}', 'system': {
                'title': f'节点 {i}', 'owner_department': f'{ORGANIZATION}/departments/engineering', 'criticality': 'LEVEL_LOW', 'installed_version': '1.0.0',
                'dependencies': [{'system': f'{ORGANIZATION}/systems/n{need}'} for need in sorted(set(needs))]}}) + '\n'

        file = self.suite.folder / 'graph.jsonl'
        file.write_text(''.join(item(i, *([(i - 1) // 2, i // 3, i // 5] if i > 1 else [0] * i)) for i in range(NODES)))
        self.suite.ctl('catalog', 'import', ORGANIZATION, str(file), who=ADMINISTRATOR)
        impact = self.suite.call('AnalyzeImpact', {'parent': ORGANIZATION, 'systems': [f'{ORGANIZATION}/systems/n0']}, AUTHOR)
        self.assertEqual(impact.get('totalSize', impact.get('total_size')), NODES - 1)

        name = self.make(targets=[{'system': f'{ORGANIZATION}/systems/n0', 'fromVersion': '1.0.0', 'toVersion': '1.0.1'}])
        self.suite.call('SubmitRequest', {'name': name, 'requestId': str(uuid.uuid4())}, AUTHOR)
        snapshot = self.ask('GetRequestImpact', {'name': name})
        self.assertEqual(snapshot.returncode, 0, snapshot.stderr)
        self.assertGreater(len(re.findall(r'/systems/n\d+"', snapshot.stdout)), 100)

        # Closing the ring, and one more system than there may be.
        file.write_text(item(0, NODES - 1))
        done = self.suite.ctl('catalog', 'import', ORGANIZATION, str(file), who=ADMINISTRATOR, check=False)
        self.assertIn('DEPENDENCY_CYCLE', done.stdout)
        file.write_text(''.join(item(i) for i in range(NODES, NODES + 20)))
        done = self.suite.ctl('catalog', 'import', ORGANIZATION, str(file), who=ADMINISTRATOR, check=False)
        self.assertIn('LIMIT_REACHED', done.stdout)


if __name__ == '__main__':
    unittest.main(verbosity=2)
