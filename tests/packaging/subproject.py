# SPDX-License-Identifier: MIT
"""Builds and runs a user's Meson project that holds the sources as a subproject.

Arguments: source folder, folder of the programs.
"""
import json
import os
import shutil
import sys
import tempfile
import unittest

from installed import run

SOURCE, PROGRAMS = sys.argv[1:]

PROJECT = '''project('consumer', 'c')
plasticity = dependency('plasticity', fallback: ['plasticity', 'plasticity_dep'])
test('consumer', executable('consumer', 'consumer_c99.c', dependencies: plasticity))
'''


class Subproject(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = cls.temporary.name
        shutil.copytree(SOURCE, f'{cls.folder}/subprojects/plasticity',
                        ignore=shutil.ignore_patterns('build*', '.git', '__pycache__'))
        shutil.copy(os.path.join(PROGRAMS, 'consumer_c99.c'), cls.folder)
        with open(f'{cls.folder}/meson.build', 'w', encoding='utf-8') as file:
            file.write(PROJECT)
        cls.build = f'{cls.folder}/build'
        run(['meson', 'setup', '--force-fallback-for=plasticity', '--buildtype=plain', cls.build, cls.folder])

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def build_and_run(self, library):
        run(['meson', 'configure', self.build, f'-Dplasticity:default_library={library}'])
        run(['meson', 'compile', '-C', self.build])
        run(['meson', 'test', '-C', self.build, '--no-suite', 'plasticity', 'consumer'])
        return 'libplasticity.so.0.1' in run(['readelf', '-d', f'{self.build}/consumer'])

    def test_shared(self):
        self.assertTrue(self.build_and_run('shared'))

    def test_static(self):
        self.assertFalse(self.build_and_run('static'))

    def test_only_the_library_is_built(self):
        targets = json.loads(run(['meson', 'introspect', '--targets', self.build]))
        root = os.path.realpath(f'{self.folder}/subprojects/plasticity')
        folders = {os.path.relpath(os.path.dirname(os.path.realpath(target['defined_in'])), root)
                   for target in targets if target['subproject'] == 'plasticity'}
        self.assertEqual({folder.split(os.sep)[0] for folder in folders}, {'lib'})


unittest.main(argv=sys.argv[:1], verbosity=2)
