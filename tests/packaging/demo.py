# SPDX-License-Identifier: MIT
"""The main example as a user meets it: its results, and one line and a failure for each thing that goes wrong.

Arguments: the program.
"""
import csv
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM = sys.argv[1]


def run(*options, env=None):
    return subprocess.run([PROGRAM, *map(str, options)], capture_output=True, text=True, timeout=240,
                          env=dict(os.environ, **(env or {})))


class Demo(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def assert_fails(self, done, *words):
        self.assertNotEqual(done.returncode, 0)
        last = done.stderr.strip().splitlines()[-1]
        for word in words:
            self.assertIn(word, last)

    def test_writes_table_curves_and_figures(self):
        done = run('--quick', '--out', self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('Finding:', done.stdout)
        self.assertTrue((self.folder / 'oja_depth.png').read_bytes().startswith(b'\x89PNG'))
        self.assertIn('<svg', (self.folder / 'oja_depth.svg').read_text(encoding='utf-8'))
        with open(self.folder / 'oja_depth.csv', encoding='utf-8', newline='') as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(list(rows[0])[:7], ['depth', 'init', 'rule', 'rate', 'seed', 'samples', 'accuracy'])
        self.assertTrue(all(0 <= float(row['accuracy']) <= 1 for row in rows))
        self.assertGreater(len({row['seed'] for row in rows}), 1)

    def test_missing_gnuplot(self):
        done = run('--quick', '--out', self.folder, env={'PATH': str(self.folder)})
        self.assert_fails(done, 'gnuplot')
        self.assertTrue((self.folder / 'oja_depth.csv').exists())

    def test_full_disk(self):
        (self.folder / 'oja_depth.csv').symlink_to('/dev/full')
        self.assert_fails(run('--quick', '--out', self.folder), 'oja_depth.csv')

    def test_missing_data(self):
        self.assert_fails(run('--quick', '--data', self.folder, '--out', self.folder), str(self.folder))

    def test_unknown_option(self):
        done = run('--quickly')
        self.assertEqual(done.returncode, 2)
        self.assert_fails(done, '--help')

    def test_help(self):
        done = run('--help')
        self.assertEqual(done.returncode, 0)
        self.assertIn('--seeds', done.stdout)


unittest.main(argv=sys.argv[:1], verbosity=2)
