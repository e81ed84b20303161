#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs the whole benchmark: a table on stdout, results.json in the build folder.

usage: run.py BUILD [--peers] [--verbose]

BUILD is a Meson build folder in which bench_programs was built. The system's interpreter runs this, since Debian's
python3-torch is seen by no other. JAX and a newer PyTorch, which Debian has not, live in a virtual environment
BUILD/peers, made by --peers and used whenever it is there.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

NEWER = {"jax": "jax_peer.py", "torch": "torch_compiled_peer.py"}  # what pip installs, and the peer that uses it
KEYS = ("work", "unit", "ours", "peer", "theirs", "ratio", "limit", "times_limit", "cost", "mark",
        "bytes_over_backprop")


def environment(core_type):
    """One thread everywhere. Unless told otherwise OpenBLAS picks its own kernels for this CPU: an override that holds
    back the peers alone would flatter us."""
    env = dict(os.environ, OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", PYTHONDONTWRITEBYTECODE="1")
    env.pop("OPENBLAS_CORETYPE", None)
    if core_type:
        env["OPENBLAS_CORETYPE"] = core_type
    return env


def rows_of(command, core_type=None):
    process = subprocess.run(command, env=environment(core_type), stdout=subprocess.PIPE, text=True)
    if process.returncode != 0:
        sys.exit(f"bench: {Path(command[0]).name} failed with status {process.returncode}")
    return [json.loads(line) for line in process.stdout.splitlines()]


def haswell_rows(program):
    """The small net once more, against OpenBLAS's AVX2 kernels, which many machines use."""
    rows = rows_of([program, "--net", "small"], "Haswell") if platform.machine() == "x86_64" else []
    for row in rows:
        row["peer"] = "cblas (AVX2)"
    return rows


def c_rows(programs):
    online, fann = programs / "bench_online", programs / "bench_fann"
    rows = rows_of([online]) + haswell_rows(online) + rows_of([programs / "bench_minibatch"])
    rows += rows_of([programs / "bench_schemes"]) + rows_of([programs / "bench_grapes"])
    rows += rows_of([programs / "bench_lyapunov"]) + rows_of([programs / "bench_recurrent"])
    if fann.exists():
        return rows + rows_of([fann])
    print("bench: FANN was not found when the build was configured: its rows are missing (Debian: libfann-dev)")
    return rows


def make_environment(folder):
    """One package that cannot be had must not cost the others their rows. Leaves nothing outside the folder."""
    if not (folder / "bin" / "python").exists():
        subprocess.run(["/usr/bin/python3", "-m", "venv", folder], check=True)
    for package in NEWER:
        print(f"bench: installing {package} in {folder}", flush=True)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
               "--no-cache-dir", "--retries", "1", "--timeout", "15", package]
        process = subprocess.run(pip, stderr=subprocess.PIPE, text=True)
        if process.returncode != 0:
            reason = (process.stderr.strip().splitlines() or ["pip failed"])[-1]
            print(f"bench: {package} cannot be installed (is the package index reachable?): {reason}")


def can_import(python, module):
    question = f"import importlib.util, sys; sys.exit(importlib.util.find_spec('{module}') is None)"
    return python.exists() and subprocess.run([python, "-c", question]).returncode == 0


def python_rows(build, python, module, program, remedy):
    """Of the peer that is written with this module, under this interpreter."""
    if can_import(python, module):
        return rows_of([python, Path(__file__).resolve().with_name(program), build])
    print(f"bench: no {module} for {python}: its rows are missing ({remedy})")
    return []


def all_python_rows(build):
    system, newer = Path(sys.executable), build / "peers" / "bin" / "python"
    rows = python_rows(build, system, "numpy", "python_call.py", "Debian: python3-numpy")
    for program in "numpy_peer.py", "numpy_lyapunov.py":
        rows += python_rows(build, system, "numpy", program, "Debian: python3-numpy")
    for program in ("torch_peer.py", "torch_schemes_peer.py", "torch_grapes_peer.py", "torch_recurrent_peer.py",
                    "torch_flossing_peer.py"):
        rows += python_rows(build, system, "torch", program, "Debian: python3-torch")
    for module, program in NEWER.items():
        rows += python_rows(build, newer, module, program, "option --peers")
    return rows


def add_limits(rows, python_rows):
    """The limit of a task, if it has one, was measured beside its C peer."""
    limits = {row["work"]: row for row in rows if row["peer"] != "cblas (AVX2)"}
    for row in python_rows:
        limit = limits.get(row["work"], {}).get("limit")
        if limit:
            row.update(limit=limit, times_limit=round(row["ours"] / limit, 3))
    return rows + python_rows


def number(row, key, width):
    return f"{row[key]:{width}.2f}" if key in row else f"{'-':>{width}}"


def print_table(rows, verbose):
    width = max(len(row["work"]) for row in rows)
    print(f"{'work':{width}}  {'peer':12}  {'ours us':>9}  {'theirs us':>9}  {'ratio':>6}  {'limit us':>9}  "
          f"{'x limit':>7}")
    for row in sorted(rows, key=lambda r: r["peer"]):
        print(f"{row['work']:{width}}  {row['peer'][:12]:12}  {row['ours']:9.2f}  {row['theirs']:9.2f}  "
              f"{row['ratio']:6.2f}  {number(row, 'limit', 9)}  {number(row, 'times_limit', 7)}")
        if verbose:
            print_details(row, width)


def print_details(row, width):
    for side in ("ours", "theirs"):
        low, q1, q3 = row[f"{side}_min_q1_q3"]
        print(f"{'':{width}}  {side}: min {low:.2f}, quartiles {q1:.2f} and {q3:.2f}")
    if "difference" in row:
        print(f"{'':{width}}  largest relative difference of the weights: {row['difference']:.1e}")
    if "rmw_gb_per_s" in row:
        print(f"{'':{width}}  limit: reading {row['read_gb_per_s']:.1f} GB/s, "
              f"changing {row['rmw_gb_per_s']:.1f} GB/s")


def print_costs(rows):
    rows = [row for row in rows if "cost" in row]
    width = max(len(row["work"]) for row in rows)
    print("\nfeedback schemes and GRAPES: what a step costs over one of our backpropagation, the mark that it is held "
          "to, and the\nbytes that it moves over those of backpropagation")
    print(f"{'work':{width}}  {'cost':>6}  {'mark':>6}  {'bytes':>6}")
    for row in rows:
        missed = "  missed" if row["cost"] > row.get("mark", row["cost"]) else ""
        print(f"{row['work']:{width}}  {row['cost']:6.2f}  {number(row, 'mark', 6)}  "
              f"{number(row, 'bytes_over_backprop', 6)}{missed}")


def print_speeds(rows):
    speeds = [row for row in rows if "rmw_gb_per_s" in row]
    print("\nmemory limit: GB/s of reading the weights, and of changing them in place (bytes read + written)")
    for row in speeds:
        print(f"  {row['work']}: {row['read_gb_per_s']:.1f}, {row['rmw_gb_per_s']:.1f}")
    differences = [row["difference"] for row in rows if "difference" in row]
    print(f"largest relative difference between ours and a peer's weights: {max(differences):.1e}")


def main():
    parser = argparse.ArgumentParser(description="Runs the benchmark.")
    parser.add_argument("build", type=Path)
    parser.add_argument("--peers", action="store_true",
                        help="first install JAX and the newest PyTorch in BUILD/peers, with pip: 6 GB")
    parser.add_argument("--verbose", action="store_true", help="minimum and quartiles, too")
    options = parser.parse_args()
    build = options.build.resolve()
    if options.peers:
        make_environment(build / "peers")

    rows = add_limits(c_rows(build / "bench"), all_python_rows(build))
    print_table(rows, options.verbose)
    print_costs(rows)
    print_speeds(rows)
    with open(build / "results.json", "w", encoding="utf-8") as file:
        json.dump([{key: row[key] for key in KEYS if key in row} for row in rows], file, indent=1)


if __name__ == "__main__":
    main()
