# SPDX-License-Identifier: MIT
"""The program that README.md shows is examples/quickstart.c, letter for letter, and compiles as strict C99 and C11.

Arguments: README.md, quickstart.c, compiler flags ...
"""
import os
import re
import subprocess
import sys
import unittest

README, PROGRAM, *FLAGS = sys.argv[1:]


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


class Readme(unittest.TestCase):
    maxDiff = None

    def test_shows_the_program(self):
        blocks = re.findall(r'^```c\n(.*?)^```$', read(README), re.DOTALL | re.MULTILINE)
        if read(PROGRAM) not in blocks:
            longest = max(blocks, key=len, default='')
            self.assertEqual(longest, read(PROGRAM), 'README.md and quickstart.c differ')

    def test_program_is_strict_c(self):
        for standard in 'c99', 'c11':
            command = [os.environ.get('CC', 'cc'), f'-std={standard}', '-Wall', '-Wextra', '-Wpedantic', '-Werror',
                       '-fsyntax-only', *FLAGS, PROGRAM]
            with self.subTest(standard):
                done = subprocess.run(command, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)


unittest.main(argv=sys.argv[:1], verbosity=2)
