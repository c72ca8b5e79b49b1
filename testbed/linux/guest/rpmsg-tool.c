/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Talks to RPMsg services: see HELP. */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <termios.h>

#include "endpoint.h"

static const char HELP[] =
	"Talks to the services of the core beside Linux.\n"
	"\n"
	"  rpmsg-tool list                          the services: address, name, Linux's driver\n"
	"  rpmsg-tool send SERVICE TEXT [MS]        one message; prints the answers, until none comes for MS\n"
	"                                           milliseconds (1000). Exit status 3: no answer\n"
	"  rpmsg-tool listen SERVICE TEXT           the same without an end: Ctrl-C\n"
	"\n"
	"SERVICE is a name or an address (0x400). TEXT may hold \\n \\r \\t \\\\ and \\xHH, and so may what is printed.\n"
	"The message comes from an endpoint of its own, which /dev/rpmsg_ctrl0 makes; its driver's is not disturbed.\n"
	"\n"
	"For tests, all bytes in hexadecimal; exit status 3: fewer than EXPECT bytes within MS:\n"
	"  rpmsg-tool tty DEVICE HEX EXPECT MS      write to a tty, read EXPECT bytes back\n"
	"  rpmsg-tool endpoint ADDRESS HEX EXPECT MS  the same, one message each way, through a new endpoint\n";

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

static size_t from_text(const char *text)
{
	size_t n = 0;

	while (*text && n < MAX_BYTES) {
		static const char letters[] = "nrt\\", bytes[] = "\n\r\t\\";
		const char *letter;

		if (*text != '\\') {
			out[n++] = *text++;
			continue;
		}
		text++;
		if (*text && (letter = strchr(letters, *text))) {
			out[n++] = bytes[letter - letters];
			text++;
		} else if (*text == 'x' && strspn(text + 1, "0123456789abcdefABCDEF") >= 2) {
			sscanf(text + 1, "%2hhx", &out[n++]);
			text += 3;
		} else {
			errx(2, "after \\ only n, r, t, \\ or xHH");
		}
	}
	return n;
}

static void print_text(const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (bytes[i] == '\n')
			printf("\\n");
		else if (bytes[i] == '\r')
			printf("\\r");
		else if (bytes[i] == '\\')
			printf("\\\\");
		else if (bytes[i] < ' ' || bytes[i] > '~')
			printf("\\x%02x", bytes[i]);
		else
			putchar(bytes[i]);
	}
	putchar('\n');
	fflush(stdout);
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

static int for_tests(char **argv)
{
	int tty = !strcmp(argv[1], "tty");
	size_t count = from_hex(argv[3]), expect = strtoul(argv[4], NULL, 0), got;
	int fd = tty ? open_tty(argv[2]) : open_endpoint(strtoul(argv[2], NULL, 0));

	got = exchange(fd, count, expect, now_ms() + strtol(argv[5], NULL, 0));
	for (size_t i = 0; i < got; i++)
		printf("%02x", in[i]);
	putchar('\n');
	if (!tty)
		ioctl(fd, RPMSG_DESTROY_EPT_IOCTL);
	return got == expect ? 0 : 3;
}

static int list(void)
{
	struct service *found;
	size_t count = services(&found);

	for (size_t i = 0; i < count; i++)
		printf("%#x  %-31s  %s\n", found[i].address, found[i].name, found[i].driver[0] ? found[i].driver : "-");
	free(found);
	if (count == 0)
		warnx("no services: does the firmware run?");
	return count ? 0 : 1;
}

/* The address of a service by its name, or the number itself: any, as a core may listen unannounced. */
static uint32_t address_of(const char *service)
{
	struct service *found, *match = NULL;
	size_t count = services(&found);
	unsigned long address;
	char *end;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(found[i].name, service))
			continue;
		if (match)
			errx(1, "several services are called %s: give the address (rpmsg-tool list)", service);
		match = &found[i];
	}
	if (match) {
		address = match->address;
		free(found);
		return address;
	}
	free(found);
	address = strtoul(service, &end, 0);
	if (end == service || *end || address > UINT32_MAX)
		errx(1, "there is no service %s: see rpmsg-tool list", service);
	return address;
}

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

/* `milliseconds` -1: without an end. */
static int say(const char *service, const char *text, int milliseconds)
{
	/* Without SA_RESTART: what waits is woken, and the endpoint is taken back. */
	struct sigaction on_stop = { .sa_handler = stop };
	size_t count = from_text(text);
	int fd = open_endpoint(address_of(service)), answers = 0, failed = 0;
	struct pollfd wait = { fd, POLLIN, 0 };

	sigaction(SIGINT, &on_stop, NULL);
	sigaction(SIGTERM, &on_stop, NULL);
	while (!stopped && write(fd, out, count) < 0) {
		if (errno != EAGAIN && errno != EINTR) {
			warn("write of %zu bytes", count);
			failed = 1;
			break;
		}
		usleep(1000); /* poll does not tell when Linux has a buffer again */
	}
	while (!stopped && !failed && poll(&wait, 1, milliseconds) > 0) {
		ssize_t n = read(fd, in, sizeof(in));

		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			warn("read");
			failed = 1;
		}
		if (n >= 0) {
			print_text(in, n);
			answers++;
		}
	}
	ioctl(fd, RPMSG_DESTROY_EPT_IOCTL);
	if (failed)
		return 1;
	if (!answers && !stopped)
		warnx("no answer in %d ms", milliseconds);
	return answers ? 0 : 3;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (argc == 6 && (!strcmp(verb, "tty") || !strcmp(verb, "endpoint")))
		return for_tests(argv);
	if (argc == 2 && !strcmp(verb, "list"))
		return list();
	if ((argc == 4 || argc == 5) && !strcmp(verb, "send"))
		return say(argv[2], argv[3], argc == 5 ? atoi(argv[4]) : 1000);
	if (argc == 4 && !strcmp(verb, "listen"))
		return say(argv[2], argv[3], -1);
	if (argc == 2 && (!strcmp(verb, "--help") || !strcmp(verb, "-h"))) {
		fputs(HELP, stdout);
		return 0;
	}
	fputs(HELP, stderr);
	return 2;
}
