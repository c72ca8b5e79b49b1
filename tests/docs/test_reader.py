# SPDX-License-Identifier: MIT OR Apache-2.0
"""How a document's blocks become commands, and its output is compared."""

import subprocess

from reader import missing, typed


def test_figures_and_blanks_may_differ_and_words_may_not():
    line = "[    2.352678] remoteproc remoteproc0: powering up 0x400 at 9240d22b"
    assert missing([line], "[   12.3] remoteproc remoteproc1: powering up 0x93f at 00001c22") == []
    assert missing([line], line.replace("up", "down")) == [line]
    assert missing([line], line + " again") == [line]


def test_an_ellipsis_is_anything_and_each_line_counts_once():
    assert missing(["…", "", "a … b"], "a long way to b") == []
    assert missing(["a 1", "a 2"], "a 3\nb") == ["a 2"]
    assert missing(["a 1", "a 2"], "a 3\nb\na 4") == []


def test_what_is_typed_into_a_debugger_goes_to_the_command_before_it():
    script = typed(["cat    # a comment", "(gdb) break main", "(gdb) continue", "echo end"])
    done = subprocess.run(["bash", "-c", "\n".join(script)], stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout == "break main\ncontinue\nend\n"


def test_what_ci_runs_elsewhere_is_left_out_and_a_number_is_put_in():
    script = typed(["scripts/test.sh     # all tests", "cat remoteprocN/state", "scripts/test.sh --core"])
    assert script == ["cat remoteproc0/state", "scripts/test.sh --core"]
