# SPDX-License-Identifier: MIT OR Apache-2.0
"""The bars, and what the project's survey measured of open-amp and rpmsg-lite (docs/performance.md says how)."""

from typing import NamedTuple

HOST = "instructions per message, x86-64"
HIFI4 = "instructions per message, HiFi4"
M7 = "instructions per message, Cortex-M7"
MACHINES = (HOST, HIFI4, M7)
M7_LIBRARY = "bytes of the library in rpmsg-echo, Cortex-M7"
WORDS = "words per message without payload"
STORES = "words stored into Linux's transmit buffers"
KICKS = "kicks per burst"


class Bar(NamedTuple):
    what: str
    group: str
    key: str
    most: float | None
    open_amp: str = ""
    rpmsg_lite: str = ""


BARS = (
    Bar("x86-64, copy echo, 16 B", HOST, "copy/16/1", 320, "868", "486"),
    Bar("x86-64, copy echo, 496 B", HOST, "copy/496/1", None, "1,468", "552"),
    Bar("x86-64, empty answer to 496 B", HOST, "empty/496/1", None, "864", "589"),
    Bar("x86-64, copy, 16 B, bursts of 16", HOST, "copy/16/16", None, "754", "367"),
    Bar("x86-64, copy, 496 B, bursts of 16", HOST, "copy/496/16", None, "1,354", "433"),
    Bar("HiFi4, copy echo, 16 B", HIFI4, "copy/16/1", 440, "1,086", "565"),
    Bar("HiFi4, copy echo, 496 B", HIFI4, "copy/496/1", 800, "2,166", "925"),
    Bar("HiFi4, empty answer to 496 B", HIFI4, "empty/496/1", 470, "1,390", "972"),
    Bar("HiFi4, copy, 16 B, bursts of 16", HIFI4, "copy/16/16", None, "975", "457"),
    Bar("Cortex-M7, copy echo, 16 B", M7, "copy/16/1", 430, "854", "428"),
    Bar("Cortex-M7, copy echo, 496 B", M7, "copy/496/1", None, "1,574", "848"),
    Bar("Cortex-M7, empty answer to 496 B", M7, "empty/496/1", None, "1,246", "877"),
    Bar("Cortex-M7, copy, 16 B, bursts of 16", M7, "copy/16/16", None, "759", "349"),
    Bar("shared words, 16 B echo, no payload", WORDS, "copy/16/1", 27, "41", "28"),
    Bar("words into Linux's transmit buffers", STORES, "copy/16/1", 0, "3", "0"),
    Bar("kicks for a drain of 16", KICKS, "copy/16/16", 1, "16", "16 or more"),
    Bar("library text, Xtensa", "bytes of the library in rpmsg-echo", "text", 5000, "11,018", "6,218"),
    Bar("library text, Thumb-2", M7_LIBRARY, "text", 3400, "6,866", "3,573"),
    Bar("link with 4 endpoints, bytes", "bytes of memory", "link with 4 endpoints", 512, "", "380"),
    Bar("demo image, loadable bytes", "bytes of rpmsg-demo", "loadable", 20480, "", ""),
)
