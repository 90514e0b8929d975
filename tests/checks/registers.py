"""Compares what the CUDA kernels take of a multiprocessor with their budget.

    registers.py BUDGET CUOBJDUMP REPORT OBJECT...      checks, and writes what was found to REPORT
    registers.py --self-test

BUDGET has one line for each kernel: its name, the most registers a thread may take, the most stack a thread may take
(bytes; spilled registers lie there, so 0 where nothing may spill). A template is named without its arguments, and the
line holds for all its instances. Every kernel of the objects needs a line, and every line a kernel.
"""
import pathlib
import re
import subprocess
import sys

ARCHITECTURE = re.compile(r"^arch = (sm_\d+a?)")
FUNCTION = re.compile(r"^\s*Function (\S+):")
USAGE = re.compile(r"REG:(\d+) STACK:(\d+) SHARED:(\d+)")


def kernel_name(symbol):
    """coppice::kernels::sum<4, true>(float*) -> coppice::kernels::sum"""
    return re.split(r"[<(]", symbol)[0]


def parse_usage(text, demangle):
    """[(architecture, kernel, instance, registers, stack, shared)] of cuobjdump --dump-resource-usage."""
    found, architecture, symbol = [], "", ""
    for line in text.splitlines():
        if match := ARCHITECTURE.match(line):
            architecture = match[1]
        elif match := FUNCTION.match(line):
            symbol = demangle(match[1])
        elif symbol and (match := USAGE.search(line)):
            found.append((architecture, kernel_name(symbol), symbol, *map(int, match.groups())))
            symbol = ""
    return found


def parse_budget(text):
    budget = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        fields = line.split()
        if len(fields) != 3 or not all(field.isdigit() for field in fields[1:]) or fields[0] in budget:
            raise SystemExit(f"line {number} of the budget is not 'kernel registers stack', or is there twice: {line}")
        budget[fields[0]] = (int(fields[1]), int(fields[2]))
    return budget


def problems_of(found, budget):
    problems = []
    for architecture, kernel, instance, registers, stack, _ in found:
        if kernel not in budget:
            problems.append(f"{kernel}: has no line in the budget")
            continue
        most_registers, most_stack = budget[kernel]
        if registers > most_registers:
            problems.append(f"{instance} on {architecture}: {registers} registers, its budget is {most_registers}")
        if stack > most_stack:
            problems.append(f"{instance} on {architecture}: {stack} bytes of stack (spills?), its budget is {most_stack}")
    for kernel in budget.keys() - {entry[1] for entry in found}:
        problems.append(f"{kernel}: is in the budget, but not in the objects")
    return sorted(set(problems))


def demangled(symbol):
    name = subprocess.run(["c++filt", symbol], capture_output=True, text=True, check=True).stdout.strip()
    return name.replace("(anonymous namespace)::", "").removeprefix("void ")


def self_test():
    text = """Fatbin elf code:
arch = sm_90
Resource usage:
 Common:
  GLOBAL:0
 Function _Z3sumIfEvPT_:
  REG:32 STACK:8 SHARED:0 LOCAL:0 CONSTANT[0]:552 TEXTURE:0 SURFACE:0 SAMPLER:0
 Function _Z4copyPf:
  REG:10 STACK:0 SHARED:16 LOCAL:0
"""
    names = {"_Z3sumIfEvPT_": "sum<float>(float*)", "_Z4copyPf": "copy(float*)"}
    found = parse_usage(text, names.__getitem__)
    assert [entry[1] for entry in found] == ["sum", "copy"] and found[0][3:] == (32, 8, 0), found
    assert not problems_of(found, parse_budget("sum 32 8 # fine\ncopy 12 0\n"))
    tight = problems_of(found, parse_budget("sum 31 0\ngone 1 0\n"))
    assert len(tight) == 4, tight
    print("planted: too many registers, a spill, a kernel without a line, a line without a kernel; all found")


def main(budget_file, cuobjdump, report, *objects):
    found = []
    for name in objects:
        done = subprocess.run([cuobjdump, "--dump-resource-usage", name], capture_output=True, text=True, check=True)
        found += parse_usage(done.stdout, demangled)
    lines = [f"{'registers':>9} {'stack':>6} {'shared':>7}  architecture  kernel"]
    for architecture, _, instance, registers, stack, shared in sorted(found, key=lambda entry: (entry[1], entry)):
        lines.append(f"{registers:9} {stack:6} {shared:7}  {architecture:12}  {instance.split('(')[0]}")
    pathlib.Path(report).write_text("\n".join(lines) + "\n")
    problems = problems_of(found, parse_budget(pathlib.Path(budget_file).read_text()))
    print("\n".join(problems) if problems else f"{len(found)} kernels keep to their budget; {report} has the list")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        self_test()
    elif len(sys.argv) < 5:
        sys.exit(__doc__)
    else:
        main(*sys.argv[1:])
