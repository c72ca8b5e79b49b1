/*
 * NXP i.MX Messaging Unit whose two sides live in two processes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An MU joins two processors: each owns one side and sees four transmit
 * registers, four receive registers, four general-purpose interrupt requests
 * and three flags. Here each process models one side.
 *
 * What the sides share is in memory that both map. So a processor that sees
 * what its peer did in RAM also sees what the peer did to the MU before, as
 * on the chip; messages alone would come late. Every field of that memory has
 * one writer: a register is full, or a request pending, when the counters of
 * its two sides differ.
 *
 * A character device between the processes only says what has changed, for
 * the sake of interrupts, in 12-byte messages of three little-endian words
 * (operation, index, value). It also carries the two lines by which processor
 * A holds processor B in reset and stalls it.
 */

#ifndef HW_MISC_IMX_MU_H
#define HW_MISC_IMX_MU_H

#include "hw/sysbus.h"
#include "chardev/char-fe.h"
#include "qom/object.h"
#include "system/hostmem.h"

/* Common part: channels, link, interrupt. Register layouts are subclasses. */
#define TYPE_IMX_MU "imx-mu"
OBJECT_DECLARE_TYPE(ImxMuState, ImxMuClass, IMX_MU)

/* Version 1 registers: i.MX6SX, i.MX7, i.MX8M*, i.MX8QM, i.MX8QXP */
#define TYPE_IMX_MU_V1 "imx-mu-v1"

/* Version 2 registers: i.MX8ULP, i.MX93, i.MX95 */
#define TYPE_IMX_MU_V2 "imx-mu-v2"

/* Names of the GPIO lines: inputs on side A, outputs on side B */
#define IMX_MU_CORE_RESET "core-reset"
#define IMX_MU_CORE_STALL "core-stall"

#define IMX_MU_CHANNELS 4
#define IMX_MU_FLAGS    0x7

/* Operations on the link; testbed/imxtest/mulink.py speaks the same. */
enum {
    IMX_MU_OP_WORD = 1,     /* index: channel, value: word written to TRn */
    IMX_MU_OP_READ,         /* index: channel whose RRn was read */
    IMX_MU_OP_REQUEST,      /* value: mask of general-purpose requests */
    IMX_MU_OP_ACCEPT,       /* value: mask of requests that were cleared */
    IMX_MU_OP_FLAGS,        /* value: the three flags */
    IMX_MU_OP_CORE,         /* value: IMX_MU_CORE_*; B answers when it is so */
    IMX_MU_OP_RESET,        /* both sides return to their reset state */
};
#define IMX_MU_CORE_IN_RESET    0x1
#define IMX_MU_CORE_STALLED     0x2

/* What one side writes into the shared memory, and the other only reads */
typedef struct ImxMuSide {
    uint32_t word[IMX_MU_CHANNELS];     /* last word written to TRn */
    uint32_t sent[IMX_MU_CHANNELS];     /* words written to TRn */
    uint32_t taken[IMX_MU_CHANNELS];    /* the peer's sent[n] when RRn was read */
    uint32_t raised[IMX_MU_CHANNELS];   /* requests raised */
    uint32_t accepted[IMX_MU_CHANNELS]; /* the peer's raised[n] when cleared */
    uint32_t flags;
    uint32_t unused[11];
} ImxMuSide;

struct ImxMuState {
    SysBusDevice parent_obj;

    MemoryRegion mmio;
    CharBackend chr;
    HostMemoryBackend *shared;          /* two ImxMuSide: A's, B's */
    bool processor_b;
    qemu_irq irq;

    ImxMuSide *mine;
    ImxMuSide *peer;

    /* Interrupt enables, bit n for channel n */
    uint8_t tx_enable;
    uint8_t rx_enable;
    uint8_t request_enable;

    uint8_t core;                       /* IMX_MU_CORE_* as last sent */
    qemu_irq core_reset;
    qemu_irq core_stall;

    uint8_t link_buf[12];
    unsigned link_fill;
};

struct ImxMuClass {
    SysBusDeviceClass parent_class;

    const MemoryRegionOps *ops;
    uint64_t mmio_size;
};

/* What a register layout may ask of the MU behind it; masks by channel */
uint8_t imx_mu_tx_empty(ImxMuState *s);
uint8_t imx_mu_rx_full(ImxMuState *s);
uint8_t imx_mu_requests_in(ImxMuState *s);
uint8_t imx_mu_requests_out(ImxMuState *s);
uint8_t imx_mu_peer_flags(ImxMuState *s);

void imx_mu_transmit(ImxMuState *s, unsigned channel, uint32_t word);
uint32_t imx_mu_receive(ImxMuState *s, unsigned channel);
void imx_mu_request(ImxMuState *s, uint8_t mask);
void imx_mu_accept(ImxMuState *s, uint8_t mask);
void imx_mu_enable(ImxMuState *s, uint8_t tx, uint8_t rx, uint8_t request);
void imx_mu_set_flags(ImxMuState *s, uint8_t flags);
void imx_mu_reset_both(ImxMuState *s);

#endif
