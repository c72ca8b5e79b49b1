/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* From the reset vector in IRAM to the application in DDR. */
#include "frame.h"

/* LLVM has no names for the cache instructions: op r=7 (CACHE), t selects. */
    .macro CACHE_OP t, imm
    .byte   0x02 | (\t << 4), 0x73, \imm    /* address in a3 */
    .endm
    .macro DIU                              /* unlock data line by index */
    CACHE_OP 0x8, 0x03
    .endm
    .macro DII                              /* invalidate data line by index */
    CACHE_OP 0x7, 0x00
    .endm
    .macro IIU                              /* unlock instruction line by index */
    CACHE_OP 0xd, 0x03
    .endm
    .macro III                              /* invalidate instruction line by index */
    CACHE_OP 0xf, 0x00
    .endm

    .section .reset.text, "ax", @progbits
    .balign 4
    .global _reset
    .type _reset, @function
_reset:
    j       1f
    .balign 4
.Lcacheattr:    .long   BOARD_CACHEATTR
.Lvecbase:      .long   BOARD_VECBASE
.Lregion:       .long   0x20000000
.Ldcache_end:   .long   BOARD_DCACHE_SIZE
.Licache_end:   .long   BOARD_ICACHE_SIZE
.Lstart:        .long   _start

/* Reset leaves the window registers, LCOUNT and INTENABLE undefined and EXCM set. */
1:  movi    a0, 0
    wsr.windowbase a0
    rsync
    movi    a0, 1
    wsr.windowstart a0
    rsync
    movi    a0, 0
    wsr.intenable a0
    wsr.cpenable a0
    wsr.lcount a0
    l32r    a0, .Lvecbase
    wsr.vecbase a0
    isync

/* Tags are undefined after power-up, and a stop by Linux leaves what was cached: no line may be valid
 * or locked when the attributes below turn the caches on. */
    movi    a5, BOARD_DCACHE_LINE
    movi    a3, 0
    l32r    a4, .Ldcache_end
2:  DIU
    DII
    add     a3, a3, a5
    bltu    a3, a4, 2b
    dsync
    movi    a3, 0
    l32r    a4, .Licache_end
3:  IIU
    III
    add     a3, a3, a5
    bltu    a3, a4, 3b
    isync

/* One attribute for each region of 512 MiB, for data and instructions alike. This code runs in IRAM,
 * whose accesses no attribute changes. */
    l32r    a2, .Lcacheattr
    l32r    a4, .Lregion
    movi    a3, 0
    movi    a6, 8
4:  extui   a5, a2, 0, 4
    wdtlb   a5, a3
    witlb   a5, a3
    srli    a2, a2, 4
    add     a3, a3, a4
    addi    a6, a6, -1
    bnez    a6, 4b
    dsync
    isync

    l32r    a0, .Lstart
    jx      a0
    .size   _reset, . - _reset

/* Waits until the word at a8 is not 0, a3 cycles more, and starts anew: for a firmware that is at its end, while Linux
 * loads one over it. In IRAM, whose content is the same in every firmware of ours. Interrupts are masked. */
    .global _await_reload
    .type _await_reload, @function
    .balign 4
_await_reload:
1:  .byte   0x62, 0x78, 0x00                /* DHI a8, 0 */
    l32i    a4, a8, 0
    beqz    a4, 1b
    rsr.ccount a5
2:  rsr.ccount a4
    sub     a4, a4, a5
    bltu    a4, a3, 2b
    movi    a4, 0x1f                        /* PS as reset leaves it: EXCM, INTLEVEL 15 */
    wsr.ps  a4
    rsync
    j       _reset
    .size   _await_reload, . - _await_reload

    .section .text._start, "ax", @progbits
    .balign 4
.Lps:           .long   PS_WOE | PS_UM | 15
.Lstack:        .long   _stack_top
.Lbss_start:    .long   _bss_start
.Lbss_end:      .long   _bss_end
.Lmain:         .long   imx_rpmsg_main
    .global _start
    .type _start, @function
_start:
    l32r    a0, .Lps
    wsr.ps  a0
    rsync
    l32r    a1, .Lstack
    addi    a1, a1, -32
/* Linux's loader clears only a quarter of it, and nothing of it on resume (imx_dsp_rproc_memset). */
    l32r    a2, .Lbss_start
    l32r    a3, .Lbss_end
    movi    a4, 0
1:  bgeu    a2, a3, 2f
    s32i    a4, a2, 0
    addi    a2, a2, 4
    j       1b
2:  memw
    movi    a0, 0                           /* ends a walk of the stack */
    l32r    a4, .Lmain
    callx4  a4
3:  waiti   15
    j       3b
    .size   _start, . - _start
