/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Exception and interrupt vectors: 28 bytes of code each in 2 KiB of IRAM, so they jump to DDR through the
 * word before them. They jump and never call: a call keeps only 30 bits of the return address, and IRAM and
 * DDR are in different gigabytes. */

    .macro VECTOR name, excsave, target
    .section .vector.\name\().literal, "ax", @progbits
    .balign 4
.L\name:
    .long   \target
    .section .vector.\name, "ax", @progbits
    .balign 4
    .global _\name\()_vector
_\name\()_vector:
    wsr.excsave\excsave a0
    l32r    a0, .L\name
    jx      a0
    .endm

    VECTOR level2,  2, _level2_entry
    VECTOR level3,  3, _level3_entry
    VECTOR debug,   4, _debug_entry
    VECTOR nmi,     5, _nmi_entry
    VECTOR kernel,  1, _exception_entry
    VECTOR user,    1, _exception_entry
    VECTOR double,  1, _double_entry
