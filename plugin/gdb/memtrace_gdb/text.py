# SPDX-License-Identifier: MIT
"""GDB's texts as the bytes that they are in the program and in its files.

GDB hands Python each name decoded by its host character set, and fails where a
byte does not fit; a name may hold any byte but zero.
"""

import gdb


def exact(ask):
    """What `ask` returns, a text or tuples and lists of them; bytes that are not
    UTF-8 as surrogates, as for file names. `ask` may be called twice."""
    if gdb.host_charset() == "UTF-8":
        try:
            return ask()
        except UnicodeDecodeError:
            pass
    charset = gdb.parameter("host-charset")
    gdb.execute("set host-charset ISO-8859-1", to_string=True)
    try:
        return _recoded(ask())
    finally:
        gdb.execute("set host-charset " + charset, to_string=True)


def _recoded(answer):
    if isinstance(answer, str):
        return answer.encode("iso-8859-1").decode("utf-8", "surrogateescape")
    if isinstance(answer, (tuple, list)):
        return type(answer)(_recoded(one) for one in answer)
    return answer
