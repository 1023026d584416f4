"""Prints, for every case, whether two directories of transcripts say the same.

    compare.py SPARK MILLRACE [CASE...]

A difference needs an entry in departures.json that points to docs/DIFFERENCES.md, and an entry
needs a difference. Exits with 1 if something is missing.
"""

import json
import pathlib
import sys

SPARK = pathlib.Path(__file__).resolve().parent.parent
DIFFERENCES = SPARK.parent.parent / "docs" / "DIFFERENCES.md"


def main():
    if len(sys.argv) < 3:
        sys.exit("compare.py: name two directories")
    left, right = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    cases = json.loads((SPARK / "inputs.json").read_text(encoding="utf-8"))["cases"]
    departures = json.loads((SPARK / "departures.json").read_text(encoding="utf-8"))
    faults = [
        f"departures.json has {name}, which is no case" for name in departures.keys() - cases.keys()
    ]
    rows = []
    for name in sys.argv[3:] or cases:
        verdict, fault = judge(name, left, right, departures.get(name))
        rows.append((name, cases[name]["operator"], verdict))
        if fault:
            faults.append(f"{name}: {fault}")
    print_table([("case", "operator", "result"), *rows])
    same = sum(verdict == "same" for _, _, verdict in rows)
    print(f"\n{len(rows)} cases: {same} same, {len(rows) - same} not, {len(faults)} unexplained")
    for fault in faults:
        print(f"compare.py: {fault}", file=sys.stderr)
    sys.exit(1 if faults else 0)


def judge(name, left, right, departure):
    """The words of the table about a case, and its faults."""
    transcripts = []
    for directory in (left, right):
        path = directory / f"{name}.out"
        if not path.exists():
            return "missing", f"there is no {path}"
        transcripts.append(body(path))
    if transcripts[0] == transcripts[1]:
        stale = departure and "departures.json has it, but the outputs are the same"
        return "same", stale or None
    if departure is None:
        return "DIFFERENT", first_difference(*transcripts)
    if not is_explained(departure):
        return "DIFFERENT", f"docs/DIFFERENCES.md does not say: {departure}"
    return f"different: {departure['section']}: {departure['entry']}", None


def body(path):
    """A transcript without its head."""
    lines = path.read_text(encoding="utf-8").split("\n")
    while lines and lines[0].startswith("#"):
        lines.pop(0)
    return lines


def first_difference(spark, millrace):
    for at in range(max(len(spark), len(millrace))):
        here = [lines[at] if at < len(lines) else "nothing" for lines in (spark, millrace)]
        if here[0] != here[1]:
            block = [line for line in spark[: at + 1] if line.startswith("--- ")]
            place = block[-1] if block else "the beginning"
            return f"after {place}: Spark has {here[0]!r}, millrace {here[1]!r}"
    return "the same"


def is_explained(departure):
    """True if the section of docs/DIFFERENCES.md has the text that the departure names."""
    sections = ("\n" + DIFFERENCES.read_text(encoding="utf-8")).split("\n## ")
    for section in sections[1:]:
        title, _, text = section.partition("\n")
        if title.strip() == departure["section"]:
            return departure["entry"] in " ".join(text.split())
    return False


def print_table(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    for name, operator, verdict in rows:
        print(f"{name:<{widths[0]}}  {operator:<{widths[1]}}  {verdict}".rstrip())


if __name__ == "__main__":
    main()
