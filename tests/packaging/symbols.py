# SPDX-License-Identifier: MIT
"""What the two libraries export, import and hold: the promises that only the binaries can prove.

Arguments: shared library, static library, symbol map, loader program, public headers ...
"""
import os
import re
import statistics
import subprocess
import sys
import tempfile
import unittest

SHARED, STATIC, MAP, LOADER, *HEADERS = sys.argv[1:]

# A library must not end, silence or speak for its host, look into its environment, or share its random numbers.
FORBIDDEN = set("""
    abort __assert_fail exit _exit _Exit quick_exit raise signal sigaction
    printf vprintf fprintf vfprintf dprintf puts fputs putchar putc fputc fwrite perror stdout stderr
    rand srand random srandom drand48 srand48 getenv secure_getenv setenv putenv
    fesetround fesetenv feenableexcept openblas_set_num_threads
""".split())

STRIPPED_LIMIT = 900_000  # bytes: inner loops for three CPU levels and two number types are half of it
LOAD_LIMIT = 5_000  # microseconds
LOADS = 15


def tool(*command):
    env = dict(os.environ, LC_ALL='C')
    return subprocess.run(command, check=True, capture_output=True, text=True, env=env).stdout


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def declared():
    """Names in PLAST_API declarations."""
    names = set()
    for header in HEADERS:
        for declaration in re.findall(r'^PLAST_API\b([^;]*);', read(header), re.MULTILINE):
            names.add(re.search(r'\b(plast_\w+)\(', declaration).group(1))
    return names


def mapped():
    """(version node, names) of the symbol map."""
    text = read(MAP)
    node, public = re.fullmatch(r'([\w.]+) \{\s*global:(.*)local:\s*\*;\s*\};\s*', text, re.DOTALL).groups()
    return node, [name.strip() for name in public.split(';') if name.strip()]


def plain(symbol):
    """exit@GLIBC_2.2.5 -> exit, __fprintf_chk -> fprintf."""
    name = symbol.split('@')[0]
    checked = re.fullmatch(r'__(\w+)_chk', name)
    return checked.group(1) if checked else name


def imported(library):
    """Undefined names; those of an archive may be defined by another of its members."""
    undefined = re.findall(r'^\s+[Uw] (\S+)$', tool('nm', '-u', library), re.MULTILINE)
    return {plain(name) for name in undefined}


def data_objects(library):
    """Objects in writable memory. What is constant but holds pointers (.data.rel.ro) is read-only once loaded."""
    found = set()
    for line in tool('objdump', '-t', library).splitlines():
        match = re.match(r'[0-9a-f]+ .{6}O (\S+)\s+[0-9a-f]+\s+(?:\.hidden )?(\S+)', line)
        if match and re.match(r'\.t?(data|bss)|\*COM\*', match.group(1)) and '.rel.ro' not in match.group(1):
            found.add(match.group(2))
    return found


class Symbols(unittest.TestCase):
    def test_map_lists_what_the_headers_declare(self):
        node, names = mapped()
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual(set(names), declared())
        self.assertEqual(node, 'PLASTICITY_0.1')

    def test_shared_library_exports_the_map(self):
        node, names = mapped()
        exported = {line.split()[-1] for line in tool('nm', '-D', '--defined-only', SHARED).splitlines()}
        self.assertEqual(exported, {f'{name}@@{node}' for name in names} | {node})

    def test_soname(self):
        self.assertRegex(tool('objdump', '-p', SHARED), r'\n\s*SONAME\s+libplasticity\.so\.0\.1\n')

    def test_nothing_forbidden_is_imported(self):
        self.assertEqual(imported(SHARED) & FORBIDDEN, set())
        self.assertEqual(imported(STATIC) & FORBIDDEN, set())

    def test_static_library_defines_the_map_and_private_names(self):
        defined = [line.split() for line in tool('nm', '-g', '--defined-only', STATIC).splitlines() if ' ' in line]
        names = {words[-1] for words in defined}
        self.assertEqual({name for name in names if not name.startswith('plast__')}, set(mapped()[1]))

    def test_no_mutable_state(self):
        compilers_own = {'completed.0', '__dso_handle', '__TMC_END__', '__cpu_model', '__cpu_features2'}
        self.assertEqual(data_objects(SHARED) - compilers_own, set())
        self.assertEqual(data_objects(STATIC), set())

    def test_no_code_runs_on_loading(self):
        self.assertNotRegex(tool('objdump', '-h', STATIC), r'\.(init_array|ctors|preinit_array)')

    def test_size(self):
        with tempfile.TemporaryDirectory() as folder:
            stripped = os.path.join(folder, 'stripped')
            tool('strip', '-o', stripped, SHARED)
            self.assertLess(os.path.getsize(stripped), STRIPPED_LIMIT)

    def test_loading_is_quick_and_keeps_floating_point_modes(self):
        times = [float(tool(LOADER, SHARED)) for _ in range(LOADS)]
        print(f'loading and the first context: {statistics.median(times):.0f} us')
        self.assertLess(statistics.median(times), LOAD_LIMIT)


unittest.main(argv=sys.argv[:1], verbosity=2)
