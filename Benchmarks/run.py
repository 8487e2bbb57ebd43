#!/usr/bin/env python3
"""Runs Tern against the measuring sticks, in turn and on the same server, and prints the tables of Docs/Benchmarks.md.

nginx runs on core 0 and the clients on core 1. Every table quotes medians (minimum to maximum) of the rounds, the
order alternated from round to round; what each process printed is kept in Benchmarks/Results/.
Usage: run.py curl|h2|h3 [--rounds N] [--sticks FOLDER]
"""
import argparse, os, shutil, tempfile
from curl_table import curl
from h2_table import h2
from h3_table import h3
from harness import Nginx, Run, here, root, sh


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["curl", "h2", "h3"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--small", action="store_true", help="h3: tiny numbers, to try whether it works")
    parser.add_argument("--sticks", default=os.environ.get("TERN_STICKS", os.path.join(root, "..", "shared", "bench")))
    options = parser.parse_args()
    sh("swift", "build", "-c", "release", "--package-path", here)
    bench = os.path.join(sh("swift", "build", "-c", "release", "--package-path", here, "--show-bin-path").strip(), "TernBench")
    folder = tempfile.mkdtemp(prefix="tern-bench-")
    os.environ["TERN_BENCH_SMALL"] = "1" if options.small else ""
    server = Nginx(folder)
    try:
        {"curl": curl, "h2": h2, "h3": h3}[options.what](Run(options.what, options.rounds), server, bench, options.sticks, folder)
    finally:
        server.stop()
        shutil.rmtree(folder)


main()
