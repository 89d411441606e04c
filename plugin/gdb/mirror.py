#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes memtrace_core.h again in ctypes: the one place where the interface stands is the header.

Run by the build: mirror.py HEADER OUTPUT. Reads no more C than that header needs, and fails on a line that it
does not know, so that nothing is left out in silence.
"""
import re
import sys

NUMBERS = {"int": "c_int", "int32_t": "c_int32", "int64_t": "c_int64", "uint32_t": "c_uint32",
           "uint64_t": "c_uint64"}
HEAD = '''# SPDX-License-Identifier: MIT
"""memtrace_core.h in ctypes, written from it by the build (plugin/gdb/mirror.py)."""

from ctypes import CFUNCTYPE, POINTER, Structure
from ctypes import c_char_p, c_int, c_int32, c_int64, c_uint32, c_uint64, c_void_p
'''


def fail(text):
    sys.exit(f"mirror.py: what is this? {text}")


def class_name(c_name):
    """mtc_debugger -> Debugger"""
    return c_name.removeprefix("mtc_").capitalize()


def kind_of(text):
    """The ctypes name of a C type."""
    text = text.replace("const ", "").strip()
    base = text.rstrip("* ")
    stars = text.count("*")
    if base == "char" and stars == 1:
        return "c_char_p"
    if base in ("void", "mtc_session") and stars == 1:
        return "c_void_p"
    if base == "void" and not stars:
        return "None"
    if base in NUMBERS:
        return f"POINTER({NUMBERS[base]})" if stars else NUMBERS[base]
    if base.startswith("mtc_add_") and not stars:
        return base.removeprefix("mtc_").upper()
    if base.startswith("mtc_") and stars == 1:
        return f"POINTER({class_name(base)})"
    return fail(text)


def parameters(text):
    """The ctypes names of a parameter list; an array is a pointer."""
    if text.strip() == "void":
        return []
    kinds = []
    for one in text.split(","):
        match = re.fullmatch(r"\s*(.*?[\s*])(\w+)(\[\d+\])?\s*", one)
        if not match:
            fail(one)
        kinds.append(kind_of(match[1] + ("*" if match[3] else "")))
    return kinds


def function_type(result, text):
    return f"CFUNCTYPE({', '.join([kind_of(result), *parameters(text)])})"


def fields(body):
    for line in filter(None, (part.strip() for part in body.split(";"))):
        pointer = re.fullmatch(r"(\w+) \(\*(\w+)\)\((.*)\)", line)
        if pointer:
            yield pointer[2], function_type(pointer[1], pointer[3])
            continue
        match = re.fullmatch(r"(.*?[\s*])((?:\w+, )*\w+)", line)
        if not match:
            fail(line)
        for name in match[2].split(", "):
            yield name, kind_of(match[1])


def enumerators(body):
    for one in filter(None, (part.strip() for part in body.split(","))):
        name, value = re.fullmatch(r"MTC_(?:TARGET_)?(\w+) = (\d+)", one).groups()
        yield f"{name} = {value}"


def statements(header):
    """The declarations, without comments and what the preprocessor is told; MTC_ABI apart."""
    text = re.sub(r"/\*.*?\*/", "", header, flags=re.S)
    abi = re.search(r"#define MTC_ABI (\d+)u", text)[1]
    text = re.sub(r"^#ifdef __cplusplus\n.*?^#endif\n", "", text, flags=re.S | re.M)
    text = re.sub(r"^#.*\n", "", text, flags=re.M)
    return abi, " ".join(text.split())


def mirror(header):
    abi, text = statements(header)
    yield HEAD
    yield f"ABI = {abi}"
    prototypes = []
    while text:
        for pattern, make in PATTERNS:
            match = re.match(pattern, text)
            if match:
                lines = list(make(match))
                if make is prototype:
                    prototypes += lines
                else:
                    yield "\n".join(lines)
                text = text[match.end():].lstrip()
                break
        else:
            fail(text[:80])
    yield "PROTOTYPES = {\n" + "\n".join(prototypes) + "\n}"


def enumeration(match):
    return enumerators(match[1])


def structure(match):
    yield f"\nclass {class_name(match[1])}(Structure):"
    yield "    _fields_ = ["
    yield from (f'        ("{name}", {kind}),' for name, kind in fields(match[2]))
    yield "    ]\n"


def sink(match):
    yield f"{match[2].removeprefix('mtc_').upper()} = {function_type(match[1], match[3])}"


def prototype(match):
    yield f'    "{match[2]}": ({kind_of(match[1])}, [{", ".join(parameters(match[3]))}]),'


def nothing(_):
    return ()


PATTERNS = [
    (r"enum \w+ \{(.*?)\};", enumeration),
    (r"typedef struct (\w+) \{(.*?)\} \1;", structure),
    (r"typedef struct (\w+) \1;", nothing),
    (r"typedef (void) \(\*(mtc_add_\w+)\)\((.*?)\);", sink),
    (r"MTC_API (.*?[\s*])(mtc_\w+)\(([^()]*)\);", prototype),
]


def main():
    source, output = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        text = "\n".join(mirror(file.read())) + "\n"
    with open(output, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
