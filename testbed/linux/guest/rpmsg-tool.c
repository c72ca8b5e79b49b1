/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Exact exchanges with RPMsg services, for tests:
 *
 *     rpmsg-tool tty DEVICE HEX EXPECT MS        write the bytes to a tty, read EXPECT bytes back
 *     rpmsg-tool endpoint DST HEX EXPECT MS      the same, one message each way, through a new
 *                                                endpoint (any free address) of /dev/rpmsg_ctrl0
 *
 * Prints what came back in hexadecimal. Exit 0: all that was expected; 3: less within MS.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/rpmsg.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MAX_BYTES 65536

static uint8_t out[MAX_BYTES], in[MAX_BYTES];

static size_t from_hex(const char *hex)
{
	size_t n = strlen(hex) / 2;

	if (strlen(hex) % 2 || n > MAX_BYTES)
		errx(2, "bad hexadecimal data");
	for (size_t i = 0; i < n; i++)
		if (sscanf(hex + 2 * i, "%2hhx", &out[i]) != 1)
			errx(2, "bad hexadecimal data");
	return n;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/*
 * A write to a tty may take part of the bytes; to an endpoint it takes one message. Out of
 * transmit buffers (ENOMEM from rpmsg_tty, EAGAIN from rpmsg_char) is not an error: replies free them.
 */
static size_t exchange(int fd, size_t count, size_t expect, int64_t deadline)
{
	size_t sent = 0, got = 0;

	while (sent < count || got < expect) {
		struct pollfd wait = { fd, POLLIN, 0 };
		int64_t left = deadline - now_ms();
		int retry = 0;

		if (left <= 0)
			break;
		if (sent < count) {
			ssize_t n = write(fd, out + sent, count - sent);

			if (n < 0 && errno != ENOMEM && errno != EAGAIN)
				err(1, "write");
			if (n > 0)
				sent += n;
			else
				retry = 1;
		}
		if (sent == count && got >= expect)
			break;
		if (poll(&wait, 1, sent < count ? retry : (int)left) > 0) {
			ssize_t n = read(fd, in + got, MAX_BYTES - got);

			if (n < 0 && errno != EAGAIN)
				err(1, "read");
			if (n > 0)
				got += n;
		}
	}
	if (sent < count)
		warnx("only %zu of %zu bytes could be written", sent, count);
	return got;
}

static int open_tty(const char *device)
{
	struct termios raw;
	int fd = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 || tcgetattr(fd, &raw) < 0)
		err(1, "%s", device);
	cfmakeraw(&raw);
	if (tcsetattr(fd, TCSANOW, &raw) < 0)
		err(1, "%s", device);
	return fd;
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

static int open_endpoint(uint32_t destination)
{
	struct rpmsg_endpoint_info info = { .src = RPMSG_ADDR_ANY, .dst = destination };
	int control = open("/dev/rpmsg_ctrl0", O_RDWR);

	if (control < 0)
		err(1, "/dev/rpmsg_ctrl0");
	snprintf(info.name, sizeof(info.name), "rpmsg-tool-%d", getpid());
	if (ioctl(control, RPMSG_CREATE_EPT_IOCTL, &info) < 0)
		err(1, "RPMSG_CREATE_EPT_IOCTL");
	close(control);
	return open_named(info.name);
}

int main(int argc, char **argv)
{
	int tty = argc == 6 && !strcmp(argv[1], "tty");
	size_t count, expect, got;
	int fd;

	if (!tty && !(argc == 6 && !strcmp(argv[1], "endpoint"))) {
		fprintf(stderr, "usage: rpmsg-tool tty DEVICE|endpoint DST HEX EXPECT MS\n");
		return 2;
	}
	count = from_hex(argv[3]);
	expect = strtoul(argv[4], NULL, 0);
	fd = tty ? open_tty(argv[2]) : open_endpoint(strtoul(argv[2], NULL, 0));
	got = exchange(fd, count, expect, now_ms() + strtol(argv[5], NULL, 0));
	for (size_t i = 0; i < got; i++)
		printf("%02x", in[i]);
	putchar('\n');
	if (!tty)
		ioctl(fd, RPMSG_DESTROY_EPT_IOCTL);
	return got == expect ? 0 : 3;
}
