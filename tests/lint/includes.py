#!/usr/bin/env python3
"""Holds the directions in which the house may include: services -> common -> proto, never service -> service.

Besides: cppconn is seen by common/mysql only; a service's domain files know neither SQL nor the contract; every header
has the guard that its path says. Prints each violation; silent when there is none.
"""
import pathlib
import re
import subprocess

INCLUDE = re.compile(r'^\s*#include\s+["<]([^">]+)[">]', re.M)
# What a domain file may not know. A domain file is <resource>.h/.cc, without a suffix that names another layer.
LAYERS = ('_service', '_store', '_events', '_proto', '_worker', '_room', '_test', '_bench', '_sources', 'main')


def files():
    listed = subprocess.run(['git', 'ls-files', '--cached', '--others', '--exclude-standard', '*.cc', '*.h'],
                            capture_output=True, text=True, check=True).stdout.split()
    return [f for f in listed if pathlib.Path(f).exists()]


def room(path):
    parts = path.split('/')
    return parts[1] if len(parts) > 2 else ''


def violations(path, text):
    includes = INCLUDE.findall(text)
    test = path.endswith('_test.cc') or '/testing/' in path
    for include in includes:
        if path.startswith('services/') and include.startswith('services/') and room(include) != room(path):
            yield f'{path}: a service includes another service: {include}'
        if path.startswith('common/') and include.startswith('services/'):
            yield f'{path}: common includes a service: {include}'
        if include.startswith('tests/') and not test and not path.startswith('tests/'):
            yield f'{path}: only tests include tests: {include}'
        if (include.startswith('cppconn/') or include.startswith('mysql_')) and not path.startswith('common/mysql/'):
            yield f'{path}: only common/mysql includes the connector: {include}'
        if '..' in include.split('/'):
            yield f'{path}: include from the root of the repository: {include}'
    stem = pathlib.Path(path).stem
    domain = (path.startswith('services/') and path.split('/')[1] in ('request', 'evaluation', 'scheduling')
              and path.count('/') == 2 and not stem.endswith(LAYERS))
    if domain:
        for include in includes:
            if include.startswith('common/mysql/') or include.startswith('common/rpc/') or include.endswith('.pb.h'):
                yield f'{path}: the domain knows neither SQL nor the contract: {include}'
    if path.endswith('.h'):
        guard = 'DOCKET_' + re.sub(r'[^A-Za-z0-9]', '_', path).upper() + '_'
        if f'#ifndef {guard}' not in text:
            yield f'{path}: the include guard should be {guard}'


for file in files():
    for violation in violations(file, pathlib.Path(file).read_text(encoding='utf-8')):
        print(violation)
