/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The registers that exception and interrupt entries put on the stack; src/firmware/exception/frame.rs has the
 * same layout. */
#define FRAME_PC        0
#define FRAME_PS        4
#define FRAME_A(n)      (8 + 4 * (n))
#define FRAME_SAR       72
#define FRAME_EXCCAUSE  76
#define FRAME_EXCVADDR  80
#define FRAME_LBEG      84
#define FRAME_LEND      88
#define FRAME_LCOUNT    92
#define FRAME_RETURN    96
/* The 16 bytes below the interrupted stack pointer hold the registers of an older window, and addmi
 * takes multiples of 256. */
#define FRAME_SIZE      256

#define PS_UM           0x20
#define PS_WOE          0x40000
#define PS_OWB_SHIFT    8
#define PS_OWB_BITS     4

#define EXCCAUSE_LEVEL1 4
#define EXCCAUSE_ALLOCA 5
