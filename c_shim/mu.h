/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One channel of a Messaging Unit. Scalars only: Rust and C agree on nothing else on Xtensa. */
#ifndef MU_H
#define MU_H
#include <stdint.h>

/* Puts the unit into a known state whatever an earlier firmware left: no interrupt enabled, nothing
 * pending, every receive register drained. */
void mu_reset(uint32_t base);
/* Interrupts from now on when a word has arrived on the channel. */
void mu_listen(uint32_t base, uint32_t channel);
/* No interrupt and no reading any more: the peer's next word stays unread, which it notices. */
void mu_silence(uint32_t base);
/* Whether a word has arrived. */
uint32_t mu_has_word(uint32_t base, uint32_t channel);
/* Takes the word; the peer may send the next. */
uint32_t mu_take_word(uint32_t base, uint32_t channel);
/* Whether the peer has taken the last word. */
uint32_t mu_can_send(uint32_t base, uint32_t channel);
/* Whether to interrupt while the peer has taken the last word, beside listening for its words. */
void mu_await_sent(uint32_t base, uint32_t channel, uint32_t await);
/* The registers that say what has arrived and what has been taken, whole: for people to look at. */
uint32_t mu_receive_status(uint32_t base);
uint32_t mu_transmit_status(uint32_t base);
/* Sends a word. */
void mu_send(uint32_t base, uint32_t channel, uint32_t word);
/* Raises the channel's general-purpose interrupt at the peer, and no other: Linux clears that one at most. Reads, then
 * writes what version 1 also enables interrupts by: nothing of mu_listen, mu_await_sent or mu_silence in between. */
void mu_ring(uint32_t base, uint32_t channel);
#endif
