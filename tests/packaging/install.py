# SPDX-License-Identifier: MIT
"""Installs the build into a temporary folder, and builds and runs users' programs against it through pkg-config.

Arguments: build folder, folder of the programs, version.
"""
import os
import sys
import unittest

from installed import Installed, run

BUILD, PROGRAMS, VERSION = sys.argv[1:]

WARNINGS = ['-Wall', '-Wextra', '-Wpedantic', '-Werror']
C99 = [os.environ.get('CC', 'cc'), '-std=c99', *WARNINGS, os.path.join(PROGRAMS, 'consumer_c99.c')]
CPP11 = [os.environ.get('CXX', 'c++'), '-std=c++11', *WARNINGS, os.path.join(PROGRAMS, 'consumer_cpp11.cpp')]


class Consumers(Installed):
    build = BUILD

    def pkg_config(self, *arguments):
        command = ['pkg-config', f'--define-variable=prefix={self.prefix}', *arguments, 'plasticity']
        return run(command, PKG_CONFIG_PATH=self.pc_folder).split()

    def build_and_run(self, compile_command, static):
        flags = ['--static'] if static else []
        program = os.path.join(self.folder.name, self.id())
        run([*compile_command, *(['-static'] if static else []), '-o', program,
             *self.pkg_config(*flags, '--cflags', '--libs')])
        needed = self.needed(program)
        self.assertEqual('libplasticity.so.0.1' in needed, not static)
        self.assertEqual(needed == [], static)
        print(run([program], **({} if static else {'LD_LIBRARY_PATH': self.library_folder})).strip())

    def test_version(self):
        self.assertEqual(self.pkg_config('--modversion'), [VERSION])

    def test_a_shared_link_names_no_other_library(self):
        self.assertEqual(self.pkg_config('--libs-only-l'), ['-lplasticity'])

    def test_c99_shared(self):
        self.build_and_run(C99, static=False)

    def test_c99_static(self):
        self.build_and_run(C99, static=True)

    def test_cpp11_shared(self):
        self.build_and_run(CPP11, static=False)

    def test_cpp11_static(self):
        self.build_and_run(CPP11, static=True)


unittest.main(argv=sys.argv[:1], verbosity=2)
