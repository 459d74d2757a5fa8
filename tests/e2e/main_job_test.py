#!/usr/bin/env python3
"""The main job on real processes: both organisations, both paths, trails verified offline, and what a trail must not hide."""
import json
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
        self.assertEqual(installed[0], installed[1], 'a change that was rolled back must not advance the catalogue')

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
