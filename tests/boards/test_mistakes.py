# SPDX-License-Identifier: MIT OR Apache-2.0
"""What no driver would do. The firmware must neither crash nor write where it may not, and serve on."""

import pytest
from imxtest.fakelinux import SAMPLE


@pytest.fixture
def served(linux):
    """Fails unless the sample still answers."""
    peer, client = linux.bus.wait_channel(SAMPLE), linux.bus.endpoint()

    def served(payload=b"after"):
        assert client.exchange(peer, payload) == payload

    served.peer, served.client = peer, client
    return served


def test_a_message_for_nobody_is_dropped_and_said(linux, served):
    served.client.send(0x7777, b"anybody?")
    served()
    # The firmware reports between two turns: once it has answered again, it has said so.
    served(b"again")
    assert "no endpoint 0x7777" in linux.trace()


def test_a_header_that_claims_more_than_the_buffer_holds(served):
    served.client.send(served.peer, b"short", length=400)
    served()


def test_an_available_entry_that_names_no_descriptor(linux, served):
    linux.bus.tx.publish(0xFFFF)
    linux.bus.kick(1)
    served()


@pytest.mark.parametrize("word", [2, 0xFF12, 0xFFFF, 0x10001, 0x20000, 0xFFFFFFFF], ids=hex)
def test_a_word_for_a_queue_that_does_not_exist(linux, board, served, word):
    for _ in range(100):
        linux.link.send_word(word, board.channel)
    served()


def test_messages_without_any_kick(linux, served):
    """The firmware looks at its rings ten times a second."""
    for i in range(3):
        served.client.send(served.peer, bytes([i]), kick=False)
        assert served.client.receive().payload == bytes([i])
