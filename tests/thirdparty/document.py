# SPDX-License-Identifier: MIT
"""The table of programs in docs/programs.md: rows from results, and results against rows."""
import re

HEAD = ("program", "status", "output", "files", "losses", "processes", "untraced", "time",
        "memory")
# What must stay from run to run; the other columns are measurements.
LASTING = len(("program", "status", "output", "files", "losses"))
BLOCK = re.compile(r"<!-- programs -->\n(.*?)<!-- programs end -->\n", re.S)


def row(result):
    """Its cells."""
    def said(equal):
        return "equal" if equal else "**differs**"
    files = said(result["files"]) if result["has_files"] else "none"
    if result["not_compared"]:
        files += ", but for " + ", ".join(f"`{pattern}`" for pattern in result["not_compared"])
    return [result["title"], said(result["status"]), said(result["output"]), files,
            ", ".join(result["losses"]) or "none", str(result["processes"]),
            f"{result['seconds']:.2f} s", f"{result['time']:.2f}", f"{result['memory']:.2f}"]


def table(results):
    lines = ["| " + " | ".join(HEAD) + " |", "|---" * len(HEAD) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row(r)) + " |" for r in results]) + "\n"


def rows(path):
    """{title: cells} as the document has them."""
    found = BLOCK.search(path.read_text())
    lines = found.group(1).splitlines()[2:] if found else []
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {one[0]: one for one in cells}


def difference(path, result):
    """A line that says how the document is stale; empty if it is not."""
    there, here = rows(path).get(result["title"], []), row(result)
    if there[:LASTING] == here[:LASTING]:
        return ""
    return (f"{path.name} says {there[:LASTING]}, but it is {here[:LASTING]}: "
            "run scripts/programs --write")


def write(path, results):
    """Puts the table where the document has one."""
    text, count = BLOCK.subn(lambda _: f"<!-- programs -->\n{table(results)}<!-- programs end -->\n",
                             path.read_text())
    if count != 1:
        raise SystemExit(f"programs: {path.name} has no place for the table")
    path.write_text(text)
