/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A QEMU plugin: how often each instruction ran inside some calls of functions.
 *
 *   counts.so,on=ADDRESS,on=ADDRESS,...,off=ADDRESS,skip=N,calls=N,out=FILE
 *   counts.so,on=ADDRESS,on=ADDRESS,...,off=ADDRESS,totals=FILE
 *
 * A call begins at an instruction at one of `on` and ends before the one at `off`. The first `skip` calls are
 * left out; after `calls` more, the FILE of `out` gets a line "ADDRESS COUNT" for each instruction. The FILE of
 * `totals` gets a line "ADDRESS COUNT" for each call: where it began, and all its instructions.
 *
 * An instruction whose condition does not hold (Thumb's IT) counts as well.
 *
 * The few declarations of qemu-plugin.h that are used are repeated here: Debian has no package of it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t plugin_id;
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, struct qemu_plugin_tb *));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, void (*)(unsigned, void *), int, void *);

__attribute__((visibility("default"))) int qemu_plugin_version = 2;

static uint64_t off, skip, calls;
static const char *out;
static FILE *totals;

struct place {
    uint64_t address, count;
    int on;
    struct place *next;
};

/* Where the running call began, its instructions so far, and whether they are counted by place. */
static const struct place *began;
static uint64_t total;
static int inside;

static struct place *places[4096];

static struct place *place(uint64_t address)
{
    struct place **at = &places[address / 2 % 4096];
    while (*at && (*at)->address != address)
        at = &(*at)->next;
    if (!*at) {
        *at = calloc(1, sizeof **at);
        if (!*at)
            abort();
        (*at)->address = address;
    }
    return *at;
}

static void finish(void)
{
    FILE *file = fopen(out, "w");
    if (!file) {
        perror(out);
        exit(1);
    }
    for (size_t i = 0; i < 4096; i++)
        for (struct place *p = places[i]; p; p = p->next)
            if (p->count)
                fprintf(file, "%#llx %llu\n", (unsigned long long)p->address, (unsigned long long)p->count);
    fclose(file);
}

static void executed(unsigned vcpu, void *data)
{
    struct place *p = data;
    (void)vcpu;
    if (p->on) {
        began = p;
        total = 0;
        if (skip)
            skip--;
        else if (calls)
            inside = 1;
    } else if (p->address == off && began) {
        if (totals)
            fprintf(totals, "%#llx %llu\n", (unsigned long long)began->address, (unsigned long long)total);
        began = NULL;
        if (inside && --calls == 0)
            finish();
        inside = 0;
    }
    total++;
    p->count += inside;
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
    (void)id;
    for (size_t i = 0, n = qemu_plugin_tb_n_insns(tb); i < n; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        qemu_plugin_register_vcpu_insn_exec_cb(insn, executed, 0, place(qemu_plugin_insn_vaddr(insn)));
    }
}

__attribute__((visibility("default"))) int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        char *value = strchr(argv[i], '=');
        if (!value)
            return -1;
        *value++ = 0;
        if (!strcmp(argv[i], "on"))
            place(strtoull(value, NULL, 0))->on = 1;
        else if (!strcmp(argv[i], "off"))
            off = strtoull(value, NULL, 0);
        else if (!strcmp(argv[i], "skip"))
            skip = strtoull(value, NULL, 0);
        else if (!strcmp(argv[i], "calls"))
            calls = strtoull(value, NULL, 0);
        else if (!strcmp(argv[i], "out"))
            out = strdup(value);
        else if (!strcmp(argv[i], "totals")) {
            totals = fopen(value, "w");
            if (!totals) {
                perror(value);
                return -1;
            }
        } else
            return -1;
    }
    if (calls && !out)
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
