#!/usr/bin/env python3
"""The main job on real processes: both organisations, both paths, trails verified offline, and what a trail must not hide."""
import json
import pathlib
import subprocess
import unittest

from suite import Suite


class MainJob(unittest.TestCase):
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

    def run_change(self, sample, path, file='change', refused_at_least=12):
        trail = self.suite.folder / f'{sample}-{file}-{path}.trail.json'
        run = self.suite.start_change(sample, path, extra=[f'--trail={trail}'], file=file)
        output, _ = run.communicate(timeout=180)
        self.assertEqual(run.returncode, 0, output)
        refused = [line for line in output.splitlines() if ' refused ' in line]
        self.assertGreaterEqual(len(refused), refused_at_least, output)
        return trail

    def verify(self, trail):
        key = self.suite.state / 'config' / 'log.vkey'
        return self.suite.ctl('trail', 'verify', str(trail), f'--log-key={key}', check=False)

    def check_sample(self, sample, organization):
        installed = []
        for path in ('complete', 'rollback'):
            trail = self.run_change(sample, path)
            self.assertEqual(self.verify(trail).returncode, 0)
            self.check_tampering_shows(trail)
            installed.append(self.installed_version(organization))
            self.check_evidence_to_take_away(json.loads(trail.read_text())['change'], organization)
        self.assertEqual(installed[0], installed[1], 'a change that was rolled back must not advance the catalogue')

    def check_evidence_to_take_away(self, change, organization):
        """The bundle, the receipts and the printed ledger, checked where no service can be reached."""
        folder = self.suite.folder
        auditor = f'{organization}/shenji'
        key = (self.suite.state / 'config' / 'log.vkey').read_text().strip()
        # Without any network, where the machine lets its users make such a place.
        isolated = ['unshare', '--user', '--net']
        if subprocess.run([*isolated, 'true'], capture_output=True, check=False).returncode != 0:
            isolated = []

        def offline(*arguments):
            docketctl = pathlib.Path(self.suite.environment['DOCKET_BUILD']) / 'services' / 'docketctl' / 'docketctl'
            return subprocess.run([*isolated, docketctl, *arguments], capture_output=True, text=True, timeout=60)

        bundle = folder / f'{organization}.bundle'
        bundle.unlink(missing_ok=True)
        self.suite.ctl('bundle', 'get', change, f'--out={bundle}', who=auditor)
        done = offline('verify', 'bundle', str(bundle), f'--key={key}')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(change, done.stdout)
        self.assertEqual(offline('verify', 'bundle', str(bundle)).returncode, 9, 'whole, but no key was expected')
        lines = bundle.read_bytes().splitlines(keepends=True)
        forged = folder / 'forged.bundle'
        forged.write_bytes(b''.join(lines[:2] + lines[3:]))
        self.assertEqual(offline('verify', 'bundle', str(forged), f'--key={key}').returncode, 10, 'an entry left out')
        forged.write_bytes(b''.join(lines).replace(b'"payload":"', b'"payload":"AAAA', 1))
        self.assertEqual(offline('verify', 'bundle', str(forged), f'--key={key}').returncode, 8, 'a payload of another kind')
        # A later look at the same log size finds the same bytes, although more was logged since.
        again = folder / f'{organization}.again'
        again.unlink(missing_ok=True)
        self.suite.ctl('bundle', 'get', change, f'--out={again}', f"--log-size={json.loads(lines[0])['log_size']}", who=auditor)
        # But for what witnesses said in between, behind the seal.
        sealed = [line for line in again.read_bytes().splitlines(keepends=True) if not line.startswith(b'{"cosigned"')]
        self.assertEqual(sealed, [line for line in lines if not line.startswith(b'{"cosigned"')])

        request = change.rsplit('/', 1)[1]
        registrations = self.suite.call('RegisterService/ListRegistrations',
                                        {'parent': f'organizations/{organization}', 'filter': f'request = "{change}"'}, auditor)['registrations']
        entered = registrations[0]
        receipt = folder / 'receipt.json'
        receipt.write_text(json.dumps(entered))
        done = offline('verify', 'receipt', str(receipt), f'--key={key}')
        self.assertEqual(done.returncode, 0, done.stderr)
        receipt.write_text(json.dumps(dict(entered, title='另一个标题')))
        self.assertEqual(offline('verify', 'receipt', str(receipt), f'--key={key}').returncode, 8)
        numbers = [entered['number'], entered['filing'].rsplit('/', 1)[1].upper()]
        for language, title in (('zh-CN', '登记台账'), ('en', 'Register of software changes')):
            ledger = folder / f'{organization}.{language}.html'
            ledger.unlink(missing_ok=True)
            self.suite.ctl('register', 'print', f'--organization=organizations/{organization}', f"--year={numbers[0].split('-')[1]}",
                           f'--language={language}', f'--out={ledger}', who=auditor)
            text = ledger.read_text()
            for expected in (title, request, *numbers):
                self.assertIn(expected, text)

    def installed_version(self, organization):
        systems = {'yunqi': 'access-control', 'wenlan': 'circulation'}
        return self.suite.call('CatalogService/GetSystem', {'name': f'organizations/{organization}/systems/{systems[organization]}'},
                               f'{organization}/shenji')['installed_version']

    def check_tampering_shows(self, trail):
        whole = json.loads(trail.read_text())

        def refused(change, what):
            copy = json.loads(json.dumps(whole))
            change(copy)
            forged = trail.with_suffix('.forged')
            forged.write_text(json.dumps(copy))
            self.assertEqual(self.verify(forged).returncode, 8, what)

        refused(lambda t: t['entries'][3].update(entry=t['entries'][4]['entry']), 'an entry replaced by another')
        refused(lambda t: t['entries'][3].update(payload=t['entries'][4]['payload']), 'a payload replaced by another')
        refused(lambda t: t['proofs'][0]['hashes'].pop(), 'a hash missing from a proof')
        refused(lambda t: t['entries'].reverse(), 'entries in another order')
        refused(lambda t: t['checkpoint'].update(note=t['checkpoint']['note'].replace('\n', '\n9', 1)), 'another size in the checkpoint')
        refused(lambda t: t.update(change=t['change'][:-1] + ('0' if t['change'][-1] != '0' else '1')), 'another change')

    def test_property_company(self):
        self.check_sample('property', 'yunqi')

    def test_library(self):
        self.check_sample('library', 'wenlan')

    def test_standard_change(self):
        for path, refused in (('complete', 11), ('withdrawn', 11)):
            with self.subTest(path=path):
                trail = self.run_change('property', path, 'standard', refused)
                self.assertEqual(self.verify(trail).returncode, 0)
        # A template's own steps are in the log as well, refusals included.
        for type_, outcome, count in (('ChangeTemplateVersionApproved', 1, 2), ('ChangeTemplateVersionRejected', 1, 2), ('ChangeTemplateRetired', 1, 2)):
            found = self.suite.sql(f"SELECT COUNT(*) FROM docket_audit.entry WHERE type = '{type_}' AND outcome = {outcome} "
                                   "AND subject LIKE 'organizations/yunqi/changeTemplates/%'")
            self.assertEqual(found, [[str(count)]], type_)
        denied = self.suite.sql("SELECT COUNT(*) FROM docket_audit.entry WHERE type = 'CallDenied' "
                                "AND subject LIKE 'organizations/yunqi/changeTemplates/%'")
        self.assertGreaterEqual(int(denied[0][0]), 2)

    def test_up_is_safe_to_repeat(self):
        pids = {name: self.suite.pid(name) for name in ('gateway', 'request', 'audit', 'mariadb')}
        output = self.suite.up()
        self.assertIn('0 resources created', output)
        self.assertEqual(pids, {name: self.suite.pid(name) for name in pids}, 'what runs is left running')

    def test_exit_codes_and_errors_of_docketctl(self):
        invalid = self.suite.ctl('call', 'CreateRequest', '{"parent": "organizations/yunqi", "request": {"title": ""}}', who='yunqi/li-xiaoyun',
                                 check=False)
        self.assertEqual(invalid.returncode, 3, invalid.stderr)
        for field in ('request.title', 'request.need', 'request.targets', 'request.urgency'):
            self.assertIn(f'field {field}:', invalid.stderr)
        self.assertIn('hint:', invalid.stderr)
        denied = self.suite.ctl('call', 'CreateDepartment',
                                '{"parent": "organizations/yunqi", "department_id": "x", "department": {"title": "x"}}', who='yunqi/li-xiaoyun', check=False)
        self.assertEqual(denied.returncode, 4, denied.stderr)
        self.assertIn('ROLE_REQUIRED', denied.stderr)
        missing = self.suite.ctl('call', 'GetSystem', '{"name": "organizations/yunqi/systems/nowhere"}', who='yunqi/shenji', check=False)
        self.assertEqual(missing.returncode, 5, missing.stderr)
        self.assertEqual(self.suite.ctl('call', 'NoSuchMethod', '{}', check=False).returncode, 5)
        self.assertEqual(self.suite.ctl('call', check=False).returncode, 2)

    def test_the_audit_users_rights_end_at_insert(self):
        rights = self.suite.sql("SELECT table_name, GROUP_CONCAT(privilege_type) FROM information_schema.table_privileges "
                                "WHERE grantee LIKE '%docket_audit%' GROUP BY table_name")
        of = {table: set(granted.split(',')) for table, granted in rights}
        for table in ('entry', 'payload', 'dedupe', 'tile', 'checkpoint', 'cosignature'):
            self.assertEqual(of[table], {'SELECT', 'INSERT'}, table)


if __name__ == '__main__':
    unittest.main(verbosity=2)
