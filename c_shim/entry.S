/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* From a vector to Rust and back. Every entry finds a0 in EXCSAVE of its level. */
#include "frame.h"

    .section .text.entry, "ax", @progbits
    .balign 4
.Lps_handler:   .long   PS_WOE | PS_UM | BOARD_EXCM_LEVEL
.Lps_fatal:     .long   PS_WOE | PS_UM | 15
.Lps_spill:     .long   PS_WOE | PS_UM
.Lalloca:       .long   _alloca
.Linterrupt:    .long   imx_rpmsg_interrupt
.Lexception:    .long   imx_rpmsg_exception
.Lfatal:        .long   imx_rpmsg_fatal
.Lfatal_frame:  .long   _fatal_frame
.Lfatal_stack:  .long   _fatal_stack_top

/* Makes a frame on the interrupted stack. */
    .macro OPEN excsave, epc
    mov     a0, a1
    addmi   a1, a1, -FRAME_SIZE
    s32i    a0, a1, FRAME_A(1)
    rsr.\epc a0
    s32i    a0, a1, FRAME_PC
    rsr.\excsave a0
    s32i    a0, a1, FRAME_A(0)
    .endm

/* Calls Rust with all interrupts masked that Rust may not be interrupted by. */
    .macro HANDLE literal
    l32r    a4, .Lps_handler
    wsr.ps  a4
    rsync
    l32r    a4, \literal
    callx4  a4
    .endm

/* Kernel and user exceptions, and interrupts of level 1 (EXCCAUSE 4). */
    .global _exception_entry
    .type _exception_entry, @function
_exception_entry:
    rsr.exccause a0
    bnei    a0, EXCCAUSE_ALLOCA, 1f
    l32r    a0, .Lalloca
    jx      a0
1:  OPEN    excsave1, epc1
    rsr.ps  a0
    s32i    a0, a1, FRAME_PS
    rsr.exccause a0
    s32i    a0, a1, FRAME_EXCCAUSE
    rsr.excvaddr a0
    s32i    a0, a1, FRAME_EXCVADDR
    call0   save
    l32i    a2, a1, FRAME_EXCCAUSE
    beqi    a2, EXCCAUSE_LEVEL1, 2f
    mov     a6, a1
    HANDLE  .Lexception
2:  movi    a6, 1
    mov     a7, a1
    HANDLE  .Linterrupt
    .global _level1_handled                 /* what reports take for the end of an interrupt's calls */
_level1_handled:
    call0   restore
    l32i    a0, a1, FRAME_PS                /* with EXCM set, which rfe clears */
    wsr.ps  a0
    l32i    a0, a1, FRAME_PC
    wsr.epc1 a0
    l32i    a0, a1, FRAME_A(0)
    l32i    a1, a1, FRAME_A(1)
    rsync
    rfe
    .size   _exception_entry, . - _exception_entry

    .global _level2_entry
    .type _level2_entry, @function
_level2_entry:
    OPEN    excsave2, epc2
    rsr.eps2 a0
    s32i    a0, a1, FRAME_PS
    call0   save
    movi    a6, 2
    mov     a7, a1
    HANDLE  .Linterrupt
    .global _level2_handled
_level2_handled:
    call0   restore
    l32i    a0, a1, FRAME_PS
    wsr.eps2 a0
    l32i    a0, a1, FRAME_PC
    wsr.epc2 a0
    l32i    a0, a1, FRAME_A(0)
    l32i    a1, a1, FRAME_A(1)
    rsync
    rfi     2
    .size   _level2_entry, . - _level2_entry

/* Saves what is left of the interrupted registers, then spills every older window to the stack, so that
 * Rust starts with an empty register file. Called with call0; EPC1 survives. */
    .balign 4
    .type save, @function
save:
    s32i    a2, a1, FRAME_A(2)
    s32i    a3, a1, FRAME_A(3)
    s32i    a4, a1, FRAME_A(4)
    s32i    a5, a1, FRAME_A(5)
    s32i    a6, a1, FRAME_A(6)
    s32i    a7, a1, FRAME_A(7)
    s32i    a8, a1, FRAME_A(8)
    s32i    a9, a1, FRAME_A(9)
    s32i    a10, a1, FRAME_A(10)
    s32i    a11, a1, FRAME_A(11)
    s32i    a12, a1, FRAME_A(12)
    s32i    a13, a1, FRAME_A(13)
    s32i    a14, a1, FRAME_A(14)
    s32i    a15, a1, FRAME_A(15)
    rsr.sar a2
    s32i    a2, a1, FRAME_SAR
    rsr.lbeg a2
    s32i    a2, a1, FRAME_LBEG
    rsr.lend a2
    s32i    a2, a1, FRAME_LEND
    rsr.lcount a2
    s32i    a2, a1, FRAME_LCOUNT
    s32i    a0, a1, FRAME_RETURN
    rsr.ps  a2
    extui   a3, a2, 0, 4
    bgeui   a3, BOARD_EXCM_LEVEL, 1f
    movi    a3, BOARD_EXCM_LEVEL
1:  l32r    a0, .Lps_spill
    or      a3, a3, a0
    rsr.epc1 a0
    addmi   a1, a1, FRAME_SIZE              /* an older frame is spilled below the interrupted one */
    wsr.ps  a3
    rsync
/* Using a12 makes the three windows above this one overflow; three steps round all eight windows. */
    and     a12, a12, a12
    rotw    3
    and     a12, a12, a12
    rotw    3
    and     a4, a4, a4
    rotw    2
    addmi   a1, a1, -FRAME_SIZE
    wsr.ps  a2
    rsync
    wsr.epc1 a0
    l32i    a0, a1, FRAME_RETURN
    ret
    .size   save, . - save

/* The reverse of save, all but a0 and a1. Called with call0. */
    .balign 4
    .type restore, @function
restore:
    l32i    a2, a1, FRAME_SAR
    wsr.sar a2
    l32i    a2, a1, FRAME_LBEG
    wsr.lbeg a2
    l32i    a2, a1, FRAME_LEND
    wsr.lend a2
    l32i    a2, a1, FRAME_LCOUNT
    wsr.lcount a2
    l32i    a2, a1, FRAME_A(2)
    l32i    a3, a1, FRAME_A(3)
    l32i    a4, a1, FRAME_A(4)
    l32i    a5, a1, FRAME_A(5)
    l32i    a6, a1, FRAME_A(6)
    l32i    a7, a1, FRAME_A(7)
    l32i    a8, a1, FRAME_A(8)
    l32i    a9, a1, FRAME_A(9)
    l32i    a10, a1, FRAME_A(10)
    l32i    a11, a1, FRAME_A(11)
    l32i    a12, a1, FRAME_A(12)
    l32i    a13, a1, FRAME_A(13)
    l32i    a14, a1, FRAME_A(14)
    l32i    a15, a1, FRAME_A(15)
    ret
    .size   restore, . - restore

/* What cannot be returned from: the stack may be unusable, so the frame is static and the stack another. */
    .macro FATAL name, excsave, epc, kind
    .global _\name\()_entry
    .type _\name\()_entry, @function
_\name\()_entry:
    l32r    a0, .Lfatal_frame
    s32i    a1, a0, FRAME_A(1)
    s32i    a2, a0, FRAME_A(2)
    rsr.\excsave a2
    s32i    a2, a0, FRAME_A(0)
    rsr.\epc a2
    s32i    a2, a0, FRAME_PC
    movi    a2, \kind
    j       fatal
    .size   _\name\()_entry, . - _\name\()_entry
    .endm
    FATAL   level3, excsave3, epc3, 3
    FATAL   debug, excsave4, epc4, 4
    FATAL   nmi, excsave5, epc5, 5
    FATAL   double, excsave1, epc1, 8

    .type fatal, @function
fatal:
    s32i    a3, a0, FRAME_A(3)
    s32i    a4, a0, FRAME_A(4)
    s32i    a5, a0, FRAME_A(5)
    s32i    a6, a0, FRAME_A(6)
    s32i    a7, a0, FRAME_A(7)
    s32i    a8, a0, FRAME_A(8)
    s32i    a9, a0, FRAME_A(9)
    s32i    a10, a0, FRAME_A(10)
    s32i    a11, a0, FRAME_A(11)
    s32i    a12, a0, FRAME_A(12)
    s32i    a13, a0, FRAME_A(13)
    s32i    a14, a0, FRAME_A(14)
    s32i    a15, a0, FRAME_A(15)
    rsr.sar a3
    s32i    a3, a0, FRAME_SAR
    rsr.ps  a3
    s32i    a3, a0, FRAME_PS
    rsr.exccause a3
    s32i    a3, a0, FRAME_EXCCAUSE
    rsr.excvaddr a3
    s32i    a3, a0, FRAME_EXCVADDR
    rsr.windowbase a3                       /* forget all older windows */
    ssl     a3
    movi    a3, 1
    sll     a3, a3
    wsr.windowstart a3
    rsync
    l32r    a1, .Lfatal_stack
    addi    a1, a1, -32
    mov     a6, a2
    mov     a7, a0
    movi    a0, 0
    l32r    a4, .Lps_fatal
    wsr.ps  a4
    rsync
    l32r    a4, .Lfatal
    callx4  a4
    .size   fatal, . - fatal

    .section .bss.fatal, "aw", @nobits
    .balign 16
    .type _fatal_frame, @object
_fatal_frame:
    .space  FRAME_SIZE
    .space  4096
_fatal_stack_top:
