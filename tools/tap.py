"""What the lints share: TAP for the test runner, and the files that git knows (or would take)."""

import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def files(*endings):
    """Paths below the root, sorted; only those with one of the endings, where any are given."""
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True, capture_output=True).stdout.decode()
    paths = sorted(set(filter(None, listed.split("\0"))))
    return [p for p in paths if os.path.isfile(os.path.join(ROOT, p)) and (not endings or p.endswith(endings))]


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def report(cases):
    """cases: [(sentence, [fault, …])]. Prints TAP and ends the program: 0 where no case has a fault."""
    print(f"1..{len(cases)}")
    for number, (sentence, faults) in enumerate(cases, 1):
        print(f"{'not ok' if faults else 'ok'} {number} - {sentence}")
        for fault in faults:
            print(f"# {fault}")
    sys.exit(1 if any(faults for _, faults in cases) else 0)
