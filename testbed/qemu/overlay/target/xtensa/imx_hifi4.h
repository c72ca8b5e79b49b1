/*
 * What the HiFi4 DSP cores of the i.MX 8 have in common.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Everything that a programmer sees outside the instruction set is the SoC's:
 * vectors, interrupts, timers, options, local memories, as core-isa.h of the
 * core in zephyrproject-rtos/hal_xtensa has them. The instruction decoder is
 * that of QEMU's de233_fpu, the nearest little-endian LX core with 32 address
 * registers. It has neither MULUH/MULSH nor the HiFi4 and VFPU instructions:
 * they raise IllegalInstruction here, never a wrong result. It does decode
 * MAC16 multiplies, which of the real cores the i.MX 8ULP's alone has.
 */

#ifndef TARGET_XTENSA_IMX_HIFI4_H
#define TARGET_XTENSA_IMX_HIFI4_H

#define OPTION(name) XTENSA_OPTION_BIT(XTENSA_OPTION_ ## name)

#define HIFI4_OPTIONS \
    (OPTION(CODE_DENSITY) | OPTION(LOOP) | OPTION(16_BIT_IMUL) | \
     OPTION(32_BIT_IMUL) | OPTION(32_BIT_IMUL_HIGH) | OPTION(32_BIT_IDIV) | \
     OPTION(MISC_OP_NSA) | OPTION(MISC_OP_MINMAX) | OPTION(MISC_OP_SEXT) | \
     OPTION(MISC_OP_CLAMPS) | OPTION(COPROCESSOR) | OPTION(BOOLEAN) | \
     OPTION(MP_SYNCHRO) | OPTION(CONDITIONAL_STORE) | OPTION(ATOMCTL) | \
     OPTION(EXCEPTION) | OPTION(RELOCATABLE_VECTOR) | \
     OPTION(UNALIGNED_EXCEPTION) | OPTION(INTERRUPT) | \
     OPTION(HIGH_PRIORITY_INTERRUPT) | OPTION(TIMER_INTERRUPT) | \
     OPTION(ICACHE) | OPTION(ICACHE_INDEX_LOCK) | OPTION(DCACHE) | \
     OPTION(DCACHE_INDEX_LOCK) | OPTION(REGION_PROTECTION) | \
     OPTION(WINDOWED_REGISTER) | OPTION(DEBUG) | OPTION(MISC_SR) | \
     OPTION(THREAD_POINTER) | OPTION(PROCESSOR_ID) | OPTION(EXTERN_REGS))

/*
 * Instruction set, exceptions, timers, protection. The core defines
 * RESET_VECTOR, RESET_VECTOR_1 and VECBASE_RESET.
 */
#define HIFI4_SECTIONS \
    .isa_internal = &xtensa_modules, \
    .opcode_translators = (const XtensaOpcodeTranslators *[]){ \
        &xtensa_core_opcodes, \
        NULL, \
    }, \
    .nareg = 32, \
    .ndepc = 1, \
    .inst_fetch_width = 16, \
    .max_insn_size = 3,         /* of the decoder; FLIX bundles have 11 */ \
    .use_first_nan = true, \
    .vecbase = VECBASE_RESET, \
    .exception_vector = { \
        [EXC_RESET0] = RESET_VECTOR, \
        [EXC_RESET1] = RESET_VECTOR_1, \
        [EXC_WINDOW_OVERFLOW4] = VECBASE_RESET, \
        [EXC_WINDOW_UNDERFLOW4] = VECBASE_RESET + 0x040, \
        [EXC_WINDOW_OVERFLOW8] = VECBASE_RESET + 0x080, \
        [EXC_WINDOW_UNDERFLOW8] = VECBASE_RESET + 0x0c0, \
        [EXC_WINDOW_OVERFLOW12] = VECBASE_RESET + 0x100, \
        [EXC_WINDOW_UNDERFLOW12] = VECBASE_RESET + 0x140, \
        [EXC_DEBUG] = VECBASE_RESET + 0x1bc, \
        [EXC_KERNEL] = VECBASE_RESET + 0x1fc, \
        [EXC_USER] = VECBASE_RESET + 0x21c, \
        [EXC_DOUBLE] = VECBASE_RESET + 0x23c, \
    }, \
    .ninterrupt = 32, \
    .nlevel = 5,                /* four, and the NMI */ \
    .nmi_level = 5, \
    .interrupt_vector = { \
        [2] = VECBASE_RESET + 0x17c, \
        [3] = VECBASE_RESET + 0x19c, \
        [4] = VECBASE_RESET + 0x1bc, \
        [5] = VECBASE_RESET + 0x1dc, \
    }, \
    .nccompare = 2, \
    .timerint = { 2, 3 }, \
    .debug_level = 4, \
    .nibreak = 2, \
    .ndbreak = 2, \
    .dcache_line_bytes = 128, \
    .memctl_mask = MEMCTL_IUSEWAYS_MASK | MEMCTL_DALLOCWAYS_MASK | \
        MEMCTL_DUSEWAYS_MASK | MEMCTL_ISNP | MEMCTL_DSNP, \
    /* Eight identity regions of 512 MiB, protected by CACHEATTR-like codes */ \
    .itlb = { .nways = 1, .way_size = { 8 } }, \
    .dtlb = { .nways = 1, .way_size = { 8 } }

/* The LX6.0.4 of the i.MX 8M Plus, 8QM and 8QXP: interrupts, caches */
#define HIFI4_LX6_SECTIONS \
    .hw_version = 260004, \
    .options = HIFI4_OPTIONS, \
    .excm_level = 3, \
    .level_mask = { \
        [1] = 0x00000100, \
        [2] = 0x7ffffef4, \
        [3] = 0x8000000a, \
        [5] = 0x00000001, \
    }, \
    .inttype_mask = { \
        [INTTYPE_EDGE] = 0x00000072, \
        [INTTYPE_NMI] = 0x00000001, \
        [INTTYPE_SOFTWARE] = 0x00000300, \
    }, \
    .interrupt = { \
        [0] = { 5, INTTYPE_NMI }, \
        [1] = { 3, INTTYPE_EDGE }, \
        [2] = { 2, INTTYPE_TIMER }, \
        [3] = { 3, INTTYPE_TIMER }, \
        [4 ... 6] = { 2, INTTYPE_EDGE }, \
        [7] = { 2, INTTYPE_LEVEL }, \
        [8] = { 1, INTTYPE_SOFTWARE }, \
        [9] = { 2, INTTYPE_SOFTWARE }, \
        [10] = { 2, INTTYPE_WRITE_ERR }, \
        [11 ... 30] = { 2, INTTYPE_LEVEL }, \
        [31] = { 3, INTTYPE_PROFILING }, \
    }, \
    .nextint = 26, \
    .extint = { \
        0, 1, 4, 5, 6, 7, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, \
        24, 25, 26, 27, 28, 29, 30, \
    }, \
    .icache_ways = 2, \
    .dcache_ways = 3

#endif
