# SPDX-License-Identifier: MIT
"""What tests of users' builds share: running a command, and the library installed into a temporary folder."""
import glob
import os
import subprocess
import tempfile
import unittest


def run(command, **environment):
    """What the command prints; raises with it when the command fails."""
    env = dict(os.environ, LC_ALL='C', **environment)
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
    if done.returncode != 0:
        raise AssertionError(f'{" ".join(command)}\nexit status {done.returncode}\n{done.stdout}')
    return done.stdout


class Installed(unittest.TestCase):
    """Installs `build`, which a subclass names, once for all its tests."""
    build = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        root = cls.folder.name
        run(['meson', 'install', '-C', cls.build, '--destdir', root, '--no-rebuild', '--quiet'])
        [headers] = glob.glob(f'{root}/**/include/plasticity', recursive=True)
        cls.prefix = os.path.dirname(os.path.dirname(headers))
        [pc_file] = glob.glob(f'{root}/**/pkgconfig/plasticity.pc', recursive=True)
        cls.pc_folder = os.path.dirname(pc_file)
        cls.library_folder = os.path.dirname(cls.pc_folder)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def needed(self, program):
        """Names of the shared libraries that the program loads."""
        lines = run(['readelf', '-d', program]).splitlines()
        return [line.split('[')[1].rstrip(']') for line in lines if '(NEEDED)' in line]
