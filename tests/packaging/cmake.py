# SPDX-License-Identifier: MIT
"""Installs the build into a temporary folder, and builds and runs users' programs against it through CMake.

Arguments: cmake, build folder, folder of the programs, template of the version file, version.
"""
import glob
import os
import re
import shutil
import sys
import tempfile
import unittest

from installed import Installed, run

CMAKE, BUILD, PROGRAMS, VERSION_TEMPLATE, VERSION = sys.argv[1:]

# Installed version, what find_package asks for, whether it fits.
REQUESTS = [
    ('0.1.0', '0.1', True), ('0.1.0', '0.1.0', True), ('0.1.3', '0.1', True), ('0.1.3', '0.1.2', True),
    ('0.1.3', '0.1.4', False), ('0.1.3', '0.0', False), ('0.1.3', '0.2', False), ('0.2.0', '0.1', False),
    ('0.2.0', '0.1.9', False), ('0.1.0', '1', False), ('0.1.0', '1.1', False),
    ('1.4.2', '1', True), ('1.4.2', '1.3.9', True), ('1.4.2', '1.4.2', True), ('1.4.2', '1.4.3', False),
    ('1.4.2', '1.5', False), ('1.4.2', '0.1', False), ('1.4.2', '0.4', False), ('1.4.2', '2.0', False),
    ('2.0.0', '1.4', False),
    ('0.2.5', '0.1...0.3', True), ('0.2.5', '0.1...0.2.5', True), ('0.2.5', '0.1...<0.2.5', False),
    ('0.2.5', '0.2.6...0.3', False), ('0.2.5', '0.1...0.2', False), ('1.0.0', '0.1...<2', True),
]


def configure(source, build, *options, **environment):
    return run([CMAKE, '-S', source, '-B', build, '-DCMAKE_BUILD_TYPE=Release', *options], **environment)


class Versions(unittest.TestCase):
    """The version file alone, found by find_package as of several releases."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        with open(VERSION_TEMPLATE, encoding='utf-8') as file:
            self.template = file.read()

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)

    def release(self, version, pointer_bytes=8):
        major, minor, _ = version.split('.')
        values = {'version': version, 'major': major, 'minor': minor, 'pointer_bytes': str(pointer_bytes)}
        self.write(f'{version}/plasticityConfigVersion.cmake',
                   re.sub(r'@(\w+)@', lambda match: values[match.group(1)], self.template))
        self.write(f'{version}/plasticityConfig.cmake', '')

    def answers(self, requests):
        """Whether each (version, request) is found."""
        lines = ['cmake_minimum_required(VERSION 3.19)']
        for version, request in requests:
            lines += ['unset(plasticity_DIR CACHE)',
                      f'find_package(plasticity {request} QUIET PATHS {self.folder}/{version} NO_DEFAULT_PATH)',
                      'message("found ${plasticity_FOUND} ${plasticity_VERSION}")']
        self.write('requests.cmake', '\n'.join(lines))
        output = run([CMAKE, '-P', os.path.join(self.folder, 'requests.cmake')])
        found = re.findall(r'^found (\d|TRUE|FALSE)', output, re.MULTILINE)
        self.assertEqual(len(found), len(requests), output)
        return [answer in ('1', 'TRUE') for answer in found]

    def test_versions_fit_as_the_abi_policy_says(self):
        for version in {version for version, _, _ in REQUESTS}:
            self.release(version)
        answers = self.answers([(version, request) for version, request, _ in REQUESTS])
        for (version, request, expected), answer in zip(REQUESTS, answers):
            with self.subTest(installed=version, request=request):
                self.assertEqual(answer, expected)

    def test_exact_means_exact(self):
        self.release('0.1.3')
        self.assertEqual(self.answers([('0.1.3', '0.1.3 EXACT'), ('0.1.3', '0.1.2 EXACT')]), [True, False])

    def test_another_kind_of_machine_is_refused(self):
        self.release('0.1.0', pointer_bytes=8)
        self.write('CMakeLists.txt', f'''cmake_minimum_required(VERSION 3.13)
project(other NONE)
foreach(CMAKE_SIZEOF_VOID_P 8 4)
  unset(plasticity_DIR CACHE)
  find_package(plasticity 0.1 QUIET PATHS {self.folder}/0.1.0 NO_DEFAULT_PATH)
  message("found ${{plasticity_FOUND}}")
endforeach()
''')
        output = configure(self.folder, os.path.join(self.folder, 'build'))
        self.assertEqual(re.findall(r'^found (\w+)', output, re.MULTILINE), ['1', '0'])


class Consumers(Installed):
    build = BUILD

    def setUp(self):
        self.cmake_folder = os.path.join(self.library_folder, 'cmake', 'plasticity')

    def build_and_run(self, name, *options):
        """Builds all programs; returns what each of them loads."""
        build = os.path.join(self.folder.name, name)
        configure(os.path.join(PROGRAMS, 'cmake_consumer'), build, '-DCMAKE_SKIP_RPATH=ON', *options)
        run([CMAKE, '--build', build])
        with open(os.path.join(build, 'soname'), encoding='utf-8') as file:
            self.assertEqual(file.read(), 'libplasticity.so.0.1')
        loads = {}
        for program in 'c99', 'cpp11', 'c99_static', 'cpp11_static':
            path = os.path.join(build, program)
            loads[program] = self.needed(path)
            own = {'LD_LIBRARY_PATH': self.library_folder} if 'libplasticity.so.0.1' in loads[program] else {}
            self.assertIn('correct', run([path], **own))
        return loads

    def check_shared(self, loads):
        self.assertIn('libplasticity.so.0.1', loads['c99'])
        self.assertIn('libplasticity.so.0.1', loads['cpp11'])

    def test_shared_and_static(self):
        loads = self.build_and_run('both', f'-DCMAKE_PREFIX_PATH={self.prefix}')
        self.check_shared(loads)
        for program in 'c99_static', 'cpp11_static':
            self.assertNotIn('libplasticity.so.0.1', loads[program])
            self.assertIn('libopenblas.so.0', loads[program])

    def test_wholly_static(self):
        loads = self.build_and_run('whole', f'-DCMAKE_PREFIX_PATH={self.prefix}', '-DWHOLLY_STATIC=ON')
        self.check_shared(loads)
        self.assertEqual(loads['c99_static'], [])
        self.assertEqual(loads['cpp11_static'], [])

    def test_openblas_elsewhere(self):
        """pkg-config's folder and name of OpenBLAS are what the static library is linked with."""
        elsewhere = tempfile.mkdtemp(dir=self.folder.name)
        compiler = os.environ.get('CC', 'cc').split()
        os.symlink(run([*compiler, '-print-file-name=libopenblas.so']).strip(), f'{elsewhere}/libblas_elsewhere.so')
        with open(f'{elsewhere}/openblas.pc', 'w', encoding='utf-8') as file:
            file.write(f'Name: x\nDescription: x\nVersion: 1\nLibs: -L{elsewhere} -lblas_elsewhere\n')
        build = os.path.join(self.folder.name, 'elsewhere')
        configure(os.path.join(PROGRAMS, 'cmake_consumer'), build, f'-DCMAKE_PREFIX_PATH={self.prefix}',
                  PKG_CONFIG_PATH=elsewhere)
        run([CMAKE, '--build', build, '--target', 'c99_static'])
        self.assertIn('correct', run([os.path.join(build, 'c99_static')]))

    def test_found_through_a_link(self):
        """As where /lib is a link to /usr/lib."""
        link = os.path.join(self.folder.name, 'link')
        os.symlink(self.library_folder, link)
        self.check_shared(self.build_and_run('linked', f'-Dplasticity_DIR={link}/cmake/plasticity'))

    def test_installed_version_is_the_librarys(self):
        with open(os.path.join(self.cmake_folder, 'plasticityConfigVersion.cmake'), encoding='utf-8') as file:
            self.assertIn(f'set(PACKAGE_VERSION "{VERSION}")', file.read())

    def test_names_no_place(self):
        for name in os.listdir(self.cmake_folder):
            with open(os.path.join(self.cmake_folder, name), encoding='utf-8') as file:
                text = file.read()
            self.assertNotIn('@', text)
            self.assertNotRegex(text, r'"/\w')

    def refused(self, components, *options):
        project = tempfile.mkdtemp(dir=self.folder.name)
        with open(os.path.join(project, 'CMakeLists.txt'), 'w', encoding='utf-8') as file:
            file.write(f'cmake_minimum_required(VERSION 3.13)\nproject(bad C)\n'
                       f'find_package(plasticity REQUIRED COMPONENTS {components})\n')
        with self.assertRaises(AssertionError) as raised:
            configure(project, os.path.join(project, 'build'), *options)
        return ' '.join(str(raised.exception).split())

    def test_unknown_components_are_refused(self):
        for components in 'static python', 'python static':
            message = self.refused(components, f'-DCMAKE_PREFIX_PATH={self.prefix}')
            self.assertIn('there is no component python', message)

    def test_missing_libraries_are_named(self):
        for missing in 'libplasticity.so.*', 'libplasticity.a':
            libraries = os.path.join(tempfile.mkdtemp(dir=self.folder.name), 'lib')
            shutil.copytree(self.library_folder, libraries, symlinks=True)
            for path in glob.glob(os.path.join(libraries, missing)):
                os.remove(path)
            message = self.refused('static', f'-Dplasticity_DIR={libraries}/cmake/plasticity')
            self.assertIn(f'has no {missing.rstrip("*")}', message)

    def test_static_library_needs_pkg_config(self):
        message = self.refused('static', f'-DCMAKE_PREFIX_PATH={self.prefix}', '-DPKG_CONFIG_EXECUTABLE=/nowhere')
        self.assertIn('needs pkg-config', message)


unittest.main(argv=sys.argv[:1], verbosity=2)
