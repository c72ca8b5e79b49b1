# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every command in the documents does what it says, in the order in which it stands there."""

import pytest
from documents import documents, has_commands, name, spans
from inline import linux_paths, modules

WITH_COMMANDS = [path for path in documents() if has_commands(path)]


@pytest.mark.parametrize("path", WITH_COMMANDS, ids=name)
def test_the_commands_of(reader, path):
    reader.follow(path)


def test_what_the_text_names_of_linux_is_there(reader):
    code = [span for path in documents() for span in spans(path)]
    board = reader.with_shell()
    for span in code:
        for path in linux_paths(span.text):
            assert board.run(f"ls -d {path}").rc == 0, f"{span.where}: there is no {path}"
        for module in modules(span.text):
            found = board.run(f"find /lib/modules -name {module}.ko | grep -q .")
            assert found.rc == 0, f"{span.where}: no module {module}"
