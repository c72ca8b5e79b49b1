/*
 * NXP i.MX Low Power UART, transmitter only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_CHAR_IMX_LPUART_H
#define HW_CHAR_IMX_LPUART_H

#define TYPE_IMX_LPUART "imx-lpuart"

#endif
