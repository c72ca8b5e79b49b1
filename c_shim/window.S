/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Window overflow and underflow: a frame's a0 to a3 are kept below its callee's stack pointer, the rest
 * below its own caller's (Xtensa ISA, windowed procedure-call protocol). Each vector has 64 bytes. */
#include "frame.h"

    .macro WINDOW_VECTOR name
    .section .vector.\name, "ax", @progbits
    .balign 4
    .global _\name
_\name:
    .endm

    WINDOW_VECTOR overflow4
    s32e    a0, a5, -16
    s32e    a1, a5, -12
    s32e    a2, a5, -8
    s32e    a3, a5, -4
    rfwo

    WINDOW_VECTOR underflow4
    l32e    a0, a5, -16
    l32e    a1, a5, -12
    l32e    a2, a5, -8
    l32e    a3, a5, -4
    rfwu

    WINDOW_VECTOR overflow8
    s32e    a0, a9, -16
    l32e    a0, a1, -12
    s32e    a1, a9, -12
    s32e    a2, a9, -8
    s32e    a3, a9, -4
    s32e    a4, a0, -32
    s32e    a5, a0, -28
    s32e    a6, a0, -24
    s32e    a7, a0, -20
    rfwo

    WINDOW_VECTOR underflow8
    l32e    a0, a9, -16
    l32e    a1, a9, -12
    l32e    a2, a9, -8
    l32e    a7, a1, -12
    l32e    a3, a9, -4
    l32e    a4, a7, -32
    l32e    a5, a7, -28
    l32e    a6, a7, -24
    l32e    a7, a7, -20
    rfwu

    WINDOW_VECTOR overflow12
    s32e    a0, a13, -16
    l32e    a0, a1, -12
    s32e    a1, a13, -12
    s32e    a2, a13, -8
    s32e    a3, a13, -4
    s32e    a4, a0, -48
    s32e    a5, a0, -44
    s32e    a6, a0, -40
    s32e    a7, a0, -36
    s32e    a8, a0, -32
    s32e    a9, a0, -28
    s32e    a10, a0, -24
    s32e    a11, a0, -20
    rfwo

    WINDOW_VECTOR underflow12
    l32e    a0, a13, -16
    l32e    a1, a13, -12
    l32e    a2, a13, -8
    l32e    a11, a1, -12
    l32e    a3, a13, -4
    l32e    a4, a11, -48
    l32e    a5, a11, -44
    l32e    a6, a11, -40
    l32e    a7, a11, -36
    l32e    a8, a11, -32
    l32e    a9, a11, -28
    l32e    a10, a11, -24
    l32e    a11, a11, -20
    rfwu

/* MOVSP moves a stack pointer whose caller's registers may have been spilled below it: load the caller's
 * window again, as an underflow would, and let MOVSP run once more. Entered with a0 in EXCSAVE1; near the
 * underflow vectors, because jumps do not reach them from DDR. */
    .section .vector.alloca, "ax", @progbits
    .balign 4
    .global _alloca
_alloca:
    rsr.windowbase a0
    rotw    -1                              /* a0 is a4 now; a0 to a3 are free */
    rsr.ps  a2
    extui   a3, a2, PS_OWB_SHIFT, PS_OWB_BITS
    xor     a3, a3, a4
    slli    a3, a3, PS_OWB_SHIFT
    xor     a2, a2, a3                      /* PS.OWB: the window to come back to */
    wsr.ps  a2
    rsr.excsave1 a4                         /* return address: its top bits are the size of the call */
    rsync
    bbsi    a4, 31, 1f
    j       _underflow4
1:  rotw    -1
    bbsi    a8, 30, 2f
    j       _underflow8
2:  rotw    -1
    j       _underflow12
