/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The services that Linux knows, and endpoints to talk to them. Errors end the program, with a sentence. */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include <err.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/rpmsg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* As in the kernel: with the NUL at the end. */
#define NAME_SIZE 32
/* A test has its own. */
#ifndef DEVICES
#define DEVICES "/sys/bus/rpmsg/devices/"
#endif

struct service {
	char name[NAME_SIZE];
	uint32_t address;
	char driver[32]; /* empty: none */
};

/* Reads a word of a device's file; returns 0 when there is none. */
static int attribute(const char *device, const char *file, char word[NAME_SIZE])
{
	char path[512];
	FILE *f;
	int found;

	snprintf(path, sizeof(path), "%s/%s", device, file);
	f = fopen(path, "r");
	if (!f)
		return 0;
	found = fscanf(f, "%31s", word) == 1;
	fclose(f);
	return found;
}

/* The services that the core has announced; returns how many. Linux's own devices have no address. */
static size_t services(struct service **list)
{
	glob_t found;
	size_t count = 0;

	*list = NULL;
	if (glob(DEVICES "*", 0, NULL, &found))
		return 0;
	*list = calloc(found.gl_pathc, sizeof(**list));
	if (!*list)
		err(1, "%zu devices", found.gl_pathc);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct service *s = &(*list)[count];
		char address[NAME_SIZE], path[512], link[512];
		ssize_t n;

		if (!attribute(found.gl_pathv[i], "name", s->name) || !attribute(found.gl_pathv[i], "dst", address))
			continue;
		s->address = strtoul(address, NULL, 0);
		if (s->address == RPMSG_ADDR_ANY || !strcmp(s->name, "rpmsg_ns") || !strcmp(s->name, "rpmsg_ctrl"))
			continue;
		snprintf(path, sizeof(path), "%s/driver", found.gl_pathv[i]);
		n = readlink(path, link, sizeof(link) - 1);
		link[n < 0 ? 0 : n] = '\0';
		snprintf(s->driver, sizeof(s->driver), "%s", strrchr(link, '/') ? strrchr(link, '/') + 1 : "");
		count++;
	}
	globfree(&found);
	return count;
}

/* The device node of a new endpoint is found by its name, which is ours alone. */
static int open_named(const char *name)
{
	glob_t found;
	char path[64], text[64];

	if (glob("/sys/class/rpmsg/rpmsg[0-9]*/name", 0, NULL, &found))
		errx(1, "no endpoint appeared in /sys/class/rpmsg");
	for (size_t i = 0; i < found.gl_pathc; i++) {
		FILE *f = fopen(found.gl_pathv[i], "r");
		int node, fd;

		if (!f)
			continue;
		if (fscanf(f, "%63s", text) != 1)
			text[0] = '\0';
		fclose(f);
		if (strcmp(text, name) || sscanf(found.gl_pathv[i], "/sys/class/rpmsg/rpmsg%d/", &node) != 1)
			continue;
		snprintf(path, sizeof(path), "/dev/rpmsg%d", node);
		fd = open(path, O_RDWR | O_NONBLOCK);
		if (fd < 0)
			err(1, "%s", path);
		return fd;
	}
	errx(1, "endpoint %s did not appear", name);
}

/* A new endpoint with any free address, whose messages go to `destination`. */
static int open_endpoint(uint32_t destination)
{
	struct rpmsg_endpoint_info info = { .src = RPMSG_ADDR_ANY, .dst = destination };
	int control = open("/dev/rpmsg_ctrl0", O_RDWR);

	if (control < 0)
		err(1, "/dev/rpmsg_ctrl0 (does the firmware run?)");
	snprintf(info.name, sizeof(info.name), "rpmsg-tool-%d", getpid());
	if (ioctl(control, RPMSG_CREATE_EPT_IOCTL, &info) < 0)
		err(1, "RPMSG_CREATE_EPT_IOCTL");
	close(control);
	return open_named(info.name);
}

#endif
