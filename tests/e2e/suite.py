"""A whole Docket suite for tests: real processes and a real MariaDB in a folder and on ports of their own.

    with Suite() as suite:
        suite.up()
        suite.ctl('call', 'ListRequests', '{"parent": "organizations/yunqi"}', who='yunqi/shenji')

The suite is started by the same scripts that people use (deploy/local).
"""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOCAL = ROOT / 'deploy' / 'local'
SAMPLES = LOCAL / 'samples'
PROCESSES = ('gateway', 'request', 'evaluation', 'scheduling', 'audit', 'mariadb')


def free_ports(count):
    """The first of `count` ports in a row that nothing listens on."""
    for base in range(20000, 30000, 20):
        base += os.getpid() % 500 * 20
        sockets = []
        try:
            for offset in range(count):
                s = socket.socket()
                sockets.append(s)
                s.bind(('127.0.0.1', base + offset))
            return base
        except OSError:
            continue
        finally:
            for s in sockets:
                s.close()
    raise RuntimeError('no ports are free')


class Suite:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='docket-e2e-'))
        self.state = self.folder / 'state'
        # Twelve for the suite's own scripts; the rest is for what a test starts beside them.
        self.port = free_ports(16)
        self.environment = dict(os.environ, DOCKET_STATE=str(self.state), DOCKET_PORT=str(self.port),
                                DOCKET_BUILD=os.environ.get('DOCKET_BUILD', str(ROOT / 'build' / 'release')))

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            for log in sorted((self.state / 'log').glob('*.log')):
                print(f'--- end of {log.name}\n' + ''.join(log.read_text(errors='replace').splitlines(True)[-25:]), flush=True)
        subprocess.run([LOCAL / 'down', '--purge'], env=self.environment, stdout=subprocess.DEVNULL, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def up(self, job=False):
        """Starts whatever of the suite does not run, and loads the sample organisations."""
        arguments = [LOCAL / 'up', '--no-build'] + ([] if job else ['--no-job'])
        done = subprocess.run(arguments, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
        if done.returncode != 0:
            raise AssertionError(done.stdout)
        return done.stdout

    def pid(self, name):
        return int((self.state / 'run' / f'{name}.pid').read_text())

    def kill(self, name):
        """kill -9, and waits until the process is gone."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not pathlib.Path(f'/proc/{pid}').exists() or '\nState:\tZ' in pathlib.Path(f'/proc/{pid}/status').read_text(),
                   10, f'{name} is gone')

    def ctl(self, *arguments, who=None, check=True):
        """Runs docketctl; returns the finished process."""
        command = [LOCAL / 'ctl'] + ([f'--as={who}'] if who else []) + list(arguments)
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=120)
        if check and done.returncode != 0:
            raise AssertionError(f'{arguments}: exit code {done.returncode}\n{done.stdout}{done.stderr}')
        return done

    def call(self, method, body, who):
        return json.loads(self.ctl('call', method, json.dumps(body), who=who).stdout)

    def start_change(self, sample, path='complete', progress=None, extra=(), file='change'):
        """Begins to run a sample change; returns the running process, whose output is text."""
        command = [LOCAL / 'ctl', 'change', 'run', SAMPLES / sample / f'{file}.yaml', f'--path={path}', *extra]
        if progress:
            command.append(f'--progress={progress}')
        return subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def sql(self, statement):
        """Rows of a statement, as lists of text."""
        done = subprocess.run(['mariadb', '--no-defaults', f'--socket={self.state}/run/mariadb.sock', '--user=root', '-N', '-B', '-e', statement],
                              capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return [line.split('\t') for line in done.stdout.splitlines()]


def wait_until(condition, seconds, what):
    """Waits until the condition holds; fails when the time is up."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f'did not come to pass within {seconds} s: {what}')
        time.sleep(0.02)
