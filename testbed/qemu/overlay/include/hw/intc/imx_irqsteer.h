/*
 * NXP i.MX interrupt steering, one channel.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Unnamed GPIO inputs: the sources. sysbus IRQs: the masters, each for 64
 * sources.
 */

#ifndef HW_INTC_IMX_IRQSTEER_H
#define HW_INTC_IMX_IRQSTEER_H

#define TYPE_IMX_IRQSTEER "imx-irqsteer"

#define IMX_IRQSTEER_SOURCES    512
#define IMX_IRQSTEER_MASTERS    (IMX_IRQSTEER_SOURCES / 64)

#endif
