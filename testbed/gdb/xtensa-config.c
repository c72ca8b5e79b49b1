/* The HiFi4 as gdb knows it: in place of gdb/xtensa-config.c, see
   scripts/setup/gdb.sh.

   SPDX-License-Identifier: GPL-2.0-or-later  */

#include "defs.h"
#include "xtensa-config.h"
#include "xtensa-tdep.h"

/* Fields of PS: its number, the first bit, the bits.  A register with a mask
   is gdb's own; the emulator sends those before the first.  */
#define PS_NUMBER 41
#define PS_FIELD(name, first, bits) \
  static xtensa_reg_mask_t name##_bits[] = { { PS_NUMBER, first, bits } }; \
  static const xtensa_mask_t name##_mask = { 1, name##_bits };

PS_FIELD (psintlevel, 0, 4)
PS_FIELD (psexcm, 4, 1)
PS_FIELD (psum, 5, 1)
PS_FIELD (psowb, 8, 4)
PS_FIELD (pscallinc, 16, 2)
PS_FIELD (pswoe, 18, 1)

#define PS_FIELD_REGISTER(number, bits, name) \
  XTREG (0, 0, bits, 4, 4, 0x2000 + number, 6, -2, 6, 0x1010, name, \
	 0, 0, &name##_mask, 0, 0, 0)

static xtensa_register_t registers[] =
{
#include "imx_hifi4_registers.h.inc"
  PS_FIELD_REGISTER (0, 4, psintlevel)
  PS_FIELD_REGISTER (1, 1, psexcm)
  PS_FIELD_REGISTER (2, 1, psum)
  PS_FIELD_REGISTER (3, 4, psowb)
  PS_FIELD_REGISTER (4, 2, pscallinc)
  PS_FIELD_REGISTER (5, 1, pswoe)
  XTREG_END
};

xtensa_gdbarch_tdep xtensa_tdep (registers);
