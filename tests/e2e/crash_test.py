#!/usr/bin/env python3
"""kill -9 in the middle of the main job: of each process and of MariaDB. The job completes; nothing happens twice, nothing is lost."""
import json
import unittest

from suite import PROCESSES, Suite, wait_until

# Events that a completed change has exactly once, however often calls were repeated.
ONCE = ('RequestCreated', 'RequestSubmitted', 'RequestEndorsed', 'RequestAccepted', 'EvaluationOpened', 'PanelSet', 'OptionsSet', 'ScoringStarted',
        'ScoresUnsealed', 'BudgetConfirmed', 'ReportGenerated', 'ApprovalRequested', 'EvaluationApproved', 'PlanDrafted', 'ChangeFiled',
        'FilingAcknowledged', 'ImplementationStarted', 'ImplementationAccepted', 'InstalledVersionAdvanced', 'ChangeRegistered', 'RequestClosed')


class Crashes(unittest.TestCase):
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

    def run_with_kills(self, sample, victims):
        """Runs a change and kills each victim when so many steps are done."""
        progress = self.suite.folder / f'progress-{"-".join(victims)}.json'
        run = self.suite.start_change(sample, progress=progress, extra=['--retry-for=90s'])

        def steps_done():
            try:
                return json.loads(progress.read_text())['steps_done']
            except (OSError, ValueError):
                return 10 ** 6 if run.poll() is not None else 0

        try:
            for victim, step in victims.items():
                wait_until(lambda: steps_done() >= step or run.poll() is not None, 90, f'step {step}')
                self.suite.kill(victim)
                # MariaDB's death is survived by the services, which go on when it is back.
                self.suite.up()
            output, _ = run.communicate(timeout=180)
        finally:
            run.kill()
        self.assertEqual(run.returncode, 0, output)

    def check_once(self):
        """Of every change in the log, each event that may happen once did so once."""
        types = ','.join(f"'{t}'" for t in ONCE)
        twice = self.suite.sql("SELECT change_name, type, COUNT(*) FROM docket_audit.entry WHERE outcome = 1 AND change_name <> '' "
                               f"AND type IN ({types}) GROUP BY change_name, type HAVING COUNT(*) <> 1")
        self.assertEqual(twice, [])

    def check_complete(self, changes):
        """Every closed change has all of them."""
        rows = self.suite.sql("SELECT change_name, COUNT(DISTINCT type) FROM docket_audit.entry WHERE outcome = 1 AND type IN "
                              f"({','.join(repr(t) for t in ONCE)}) GROUP BY change_name")
        self.assertEqual([int(count) for _, count in rows], [len(ONCE)] * changes)

    def check_numbers(self):
        for table, column in (('docket_audit.filing', 'number'), ('docket_audit.registration', 'number')):
            numbers = [int(row[0].split('-')[-1]) for row in self.suite.sql(f'SELECT {column} FROM {table} ORDER BY organization_id, {column}')]
            by_organization = self.suite.sql(f'SELECT organization_id, COUNT(*) FROM {table} GROUP BY organization_id')
            expected = [n for _, count in by_organization for n in range(1, int(count) + 1)]
            self.assertEqual(numbers, expected, f'{table} has a gap or a number twice')

    def check_arrived(self):
        """Every event that a service numbered is in the log."""
        missing = 'SELECT source, missing FROM docket_audit.ingest_source WHERE missing <> 0'
        wait_until(lambda: self.suite.sql(missing) == [], 30, 'what a source skipped to arrive')
        self.assertEqual(self.suite.sql("SELECT log_index FROM docket_audit.entry WHERE type = 'IngestRejected'"), [])
        sources = self.suite.sql('SELECT source FROM docket_audit.ingest_source WHERE last_sequence > 0 ORDER BY source')
        self.assertEqual([row[0] for row in sources], ['services/audit', 'services/evaluation', 'services/request', 'services/scheduling'])

    def test_each_process_dies_in_the_middle(self):
        changes = 0
        for position, victim in enumerate(PROCESSES):
            with self.subTest(victim=victim):
                self.run_with_kills('property' if position % 2 else 'library', {victim: 14 + 11 * position})
                changes += 1
        # And all in one change, one after the other.
        self.run_with_kills('library', {victim: 8 + 12 * position for position, victim in enumerate(PROCESSES)})
        changes += 1
        self.check_once()
        self.check_complete(changes)
        self.check_numbers()
        self.check_arrived()


if __name__ == '__main__':
    unittest.main(verbosity=2)
