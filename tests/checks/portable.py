"""Checks that no file names a place of one machine: portable.py ROOT, or portable.py --self-test.

Scripts, configs, build files and sources run wherever they are cloned; a path below a home folder, /work, /opt, /mnt
or /tmp works on its author's machine only.
"""
import pathlib
import re
import sys

PLACE = re.compile(r"""(?<![\w./}$-])(?:/(?:home|root|work|opt|mnt|media|tmp|srv|scratch|Users)/|~/|[A-Z]:\\)[\w.~-]+""")
FOLDERS = [".ci", "cmake", "configs", "examples", "include", "kernels", "scripts", "src", "tests"]
SUFFIXES = {".sh", ".py", ".toml", ".cmake", ".txt", ".json", ".in", ".h", ".cpp", ".cu", ".cuh", ""}
ITSELF = "tests/checks/portable.py"


def places(text):
    return [match.group() for match in PLACE.finditer(text)]


def self_test():
    bad = ["cd /home/someone/x", 'path = "/work/data"', "x=/tmp/build.1", "cp a ~/b", "(/opt/thing)", "C:\\Users"]
    good = ["/usr/share/datasets", "build/tmp/x", "$HOME/opt/x", "#!/usr/bin/env bash", "a/home/b", "/proc/meminfo"]
    assert all(places(text) for text in bad), [text for text in bad if not places(text)]
    assert not any(places(text) for text in good), [text for text in good if places(text)]
    print(f"{len(bad)} planted places found")


def main(root):
    files = [file for file in root.iterdir() if file.is_file()]
    for folder in FOLDERS:
        files += [file for file in (root / folder).rglob("*") if file.is_file()]
    checked, failed = 0, False
    for file in sorted(files):
        name = file.relative_to(root).as_posix()
        if file.suffix not in SUFFIXES or name == ITSELF or name.startswith("tests/fuzz/corpus/") or name == ".git":
            continue
        checked += 1
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
            for place in places(line):
                print(f"{name}:{number}: {place}")
                failed = True
    print(f"{checked} files")
    return failed or checked == 0


if __name__ == "__main__":
    if sys.argv[1] == "--self-test":
        self_test()
    else:
        sys.exit(main(pathlib.Path(sys.argv[1])))
