# SPDX-License-Identifier: MIT
"""The examples as a user meets them: their results, and one line and a failure for each thing that goes wrong.

Arguments: the programs oja_depth and credit_race.
"""
import csv
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

OJA_DEPTH, CREDIT_RACE = sys.argv[1:3]
SCHEMES = ['backprop', 'kolen_pollack', 'weight_mirror', 'circuit', 'circuit, C fixed', 'usf', 'usf + manhattan', 'frsf',
           'brsf', 'fa', 'dfa', 'dfa_sign', 'drtp']


def run(*options, env=None, program=OJA_DEPTH):
    return subprocess.run([program, *map(str, options)], capture_output=True, text=True, timeout=240,
                          env=dict(os.environ, **(env or {})))


def read_csv(path):
    with open(path, encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file))


class Example(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def assert_fails(self, done, *words):
        self.assertNotEqual(done.returncode, 0)
        last = done.stderr.strip().splitlines()[-1]
        for word in words:
            self.assertIn(word, last)

    def assert_figures(self, name):
        self.assertTrue((self.folder / f'{name}.png').read_bytes().startswith(b'\x89PNG'))
        self.assertIn('<svg', (self.folder / f'{name}.svg').read_text(encoding='utf-8'))


class OjaDepth(Example):
    def test_writes_table_curves_and_figures(self):
        done = run('--quick', '--out', self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('Finding:', done.stdout)
        self.assert_figures('oja_depth')
        rows = read_csv(self.folder / 'oja_depth.csv')
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


class CreditRace(Example):
    def race(self, *options):
        return run('--quick', '--out', self.folder, *options, program=CREDIT_RACE)

    def test_every_scheme_on_both_networks(self):
        done = self.race('--epochs', 1)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_figures('credit_race')
        rows = read_csv(self.folder / 'credit_race.csv')
        self.assertEqual(list(rows[0])[:10], ['stage', 'network', 'method', 'rate', 'seed', 'samples', 'accuracy',
                                              'loss', 'seconds_per_epoch', 'diverged'])
        self.assertTrue(all(0 <= float(row['accuracy']) <= 1 for row in rows))
        for name, hidden in (('784-500-10', 1), ('784-170-130-100-70-10', 4)):
            table = done.stdout.split(f'\n{name}:')[1].split('\n\n')[0].splitlines()[2:]
            self.assertEqual([line[:17].strip() for line in table], SCHEMES)
            race = [row for row in rows if row['network'] == name and row['stage'] == 'race']
            self.assertEqual({(row['method'], row['seed']) for row in race},
                             {(method, seed) for method in SCHEMES for seed in '12'})
            for row in race:
                # Backpropagation is what the angles are measured from; those that start at random, start near 90.
                angles = [row[f'signal_angle_{layer}'] for layer in range(1, 5)]
                self.assertEqual([angle != '' for angle in angles], [layer < hidden for layer in range(4)]
                                 if row['diverged'] == '' else [False] * 4)
                if row['method'] == 'backprop':
                    self.assertEqual({float(angle) for angle in angles if angle}, {0.0})
                if row['method'] == 'fa' and row['samples'] == '0':
                    self.assertTrue(all(60 < float(angle) < 120 for angle in angles[:hidden]))

    def test_rates_are_the_best_of_the_grid(self):
        self.race('--epochs', 1, '--seeds', 1)
        rows = read_csv(self.folder / 'credit_race.csv')
        best, raced = {}, {}
        for row in rows:
            key, rate, accuracy = (row['network'], row['method']), float(row['rate']), float(row['accuracy'])
            if row['stage'] == 'race':
                raced[key] = rate
            elif key not in best or accuracy > best[key][1]:
                best[key] = rate, accuracy
        self.assertEqual(raced, {key: rate for key, (rate, _) in best.items()})

    def test_runs_are_repeatable(self):
        files = []
        for threads in (1, 2):
            self.race('--epochs', 1, '--seeds', 1, '--threads', threads)
            rows = read_csv(self.folder / 'credit_race.csv')
            files.append([dict(row, seconds_per_epoch='') for row in rows])
        self.assertEqual(files[0], files[1])

    def test_akrout(self):
        done = self.race('--akrout', '--epochs', 2)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_figures('credit_race_akrout')
        rows = read_csv(self.folder / 'credit_race_akrout.csv')
        self.assertEqual([row['rate'] for row in rows if row['seed'] == '1' and row['samples'] == '0'],
                         ['0.2', '0.3', '0.2'])
        self.assertEqual({row['stage'] for row in rows}, {'race'})

    def test_missing_data(self):
        self.assert_fails(self.race('--data', self.folder), str(self.folder))

    def test_full_disk(self):
        (self.folder / 'credit_race.csv').symlink_to('/dev/full')
        self.assert_fails(self.race('--epochs', 1, '--seeds', 1), 'credit_race.csv')

    def test_wrong_options(self):
        for options in (['--fast'], ['--seeds', '0'], ['--epochs', '1e3'], ['now']):
            done = run(*options, program=CREDIT_RACE)
            self.assertEqual(done.returncode, 2)
            self.assert_fails(done, '--help')


unittest.main(argv=sys.argv[:1], verbosity=2)
