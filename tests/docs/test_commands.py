# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every command in the documents does what it says, in the order in which it stands there."""

import pytest
from documents import documents, has_commands, name

WITH_COMMANDS = [path for path in documents() if has_commands(path)]


@pytest.mark.parametrize("path", WITH_COMMANDS, ids=name)
def test_the_commands_of(reader, path):
    reader.follow(path)
