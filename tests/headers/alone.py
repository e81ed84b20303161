# SPDX-License-Identifier: MIT
"""Each public header compiles alone, twice included, as C99, C11 and C++11.

Arguments: folder of the sources' headers, folder of the generated ones, names of headers ...
"""
import os
import subprocess
import sys
import unittest

FOLDERS, HEADERS = sys.argv[1:3], sys.argv[3:]
FLAGS = ['-Wall', '-Wextra', '-Wpedantic', '-Werror', '-fsyntax-only', *[f'-I{folder}' for folder in FOLDERS]]


class Headers(unittest.TestCase):
    def compile_each(self, *compiler):
        for header in HEADERS:
            line = f'#include <plasticity/{header}>\n'
            source = 2 * line + 'extern int not_empty;\n'
            with self.subTest(header):
                done = subprocess.run([*compiler, *FLAGS, '-'], input=source, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_c99(self):
        self.compile_each(os.environ.get('CC', 'cc'), '-std=c99', '-x', 'c')

    def test_c11(self):
        self.compile_each(os.environ.get('CC', 'cc'), '-std=c11', '-x', 'c')

    def test_cpp11(self):
        self.compile_each(os.environ.get('CXX', 'c++'), '-std=c++11', '-x', 'c++')


unittest.main(argv=sys.argv[:1], verbosity=2)
