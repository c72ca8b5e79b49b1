/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Traffic with a service that sends each message back, through endpoints of /dev/rpmsg_ctrl0:
 *
 *     rpmsg-traffic echo DST COUNT AHEAD     COUNT messages of 1 to 496 bytes, up to AHEAD of them
 *                                            before the first answer is read; every byte is checked.
 *                                            SIGTERM: no message more, but the answers to those sent
 *     rpmsg-traffic endpoints DST COUNT      COUNT times: a new endpoint, one message, its end
 *     rpmsg-traffic flood DST                writes for ever and reads nothing, until the device is gone;
 *                                            says "flooding" when the first 1000 messages are out
 *     rpmsg-traffic fill DST COUNT WRITERS ANSWERS
 *                                            uses up all COUNT transmit buffers with messages of which
 *                                            the core answers ANSWERS, and has WRITERS processes wait
 *                                            for one; says "one left" and waits for a line before the
 *                                            last, says "asleep" when all processes sleep
 *     rpmsg-traffic flooded DST COUNT        asks rpmsg-selftest for COUNT messages and says "asked"
 *
 * Exit 0: all as it should be; 1: not, and what.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/rpmsg.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_PAYLOAD 496
/* How long an answer may take on a machine that is busy with other things. */
#define PATIENCE_MS 60000

static uint32_t mix(uint32_t x)
{
	x ^= x >> 16;
	x *= 0x7feb352d;
	x ^= x >> 15;
	x *= 0x846ca68b;
	return x ^ x >> 16;
}

/* Message n: its number as far as it fits, then bytes that follow from it. Every size comes early. */
static size_t message(uint32_t n, uint8_t *bytes)
{
	size_t size = n < MAX_PAYLOAD ? n + 1 : mix(n) % MAX_PAYLOAD + 1;
	uint32_t state = mix(~n);

	for (size_t i = 0; i < size; i++) {
		bytes[i] = i < 4 ? n >> 8 * i : state >> 24;
		state = state * 1664525 + 1013904223;
	}
	return size;
}

/* The device node of a new endpoint is found by its name, which is ours alone. */
static int open_named(const char *name)
{
	glob_t found;
	int fd = -1;

	if (glob("/sys/class/rpmsg/rpmsg[0-9]*/name", 0, NULL, &found))
		errx(1, "no endpoint appeared in /sys/class/rpmsg");
	for (size_t i = 0; i < found.gl_pathc && fd < 0; i++) {
		FILE *f = fopen(found.gl_pathv[i], "r");
		char path[64], text[64] = "";
		int node;

		if (!f)
			continue;
		if (fscanf(f, "%63s", text) == 1 && !strcmp(text, name) &&
		    sscanf(found.gl_pathv[i], "/sys/class/rpmsg/rpmsg%d/", &node) == 1) {
			snprintf(path, sizeof(path), "/dev/rpmsg%d", node);
			fd = open(path, O_RDWR | O_NONBLOCK);
			if (fd < 0)
				err(1, "%s", path);
		}
		fclose(f);
	}
	globfree(&found);
	if (fd < 0)
		errx(1, "endpoint %s did not appear", name);
	return fd;
}

static int open_endpoint(uint32_t destination)
{
	static unsigned int number;
	struct rpmsg_endpoint_info info = { .src = RPMSG_ADDR_ANY, .dst = destination };
	int control = open("/dev/rpmsg_ctrl0", O_RDWR);

	if (control < 0)
		err(1, "/dev/rpmsg_ctrl0");
	snprintf(info.name, sizeof(info.name), "traffic-%d-%u", getpid(), number++);
	if (ioctl(control, RPMSG_CREATE_EPT_IOCTL, &info) < 0)
		err(1, "RPMSG_CREATE_EPT_IOCTL");
	close(control);
	return open_named(info.name);
}

/* Whether the message went out; 0 while Linux has no free transmit buffer. */
static int put(int fd, uint32_t n)
{
	uint8_t bytes[MAX_PAYLOAD];
	size_t size = message(n, bytes);
	ssize_t done = write(fd, bytes, size);

	if (done < 0 && errno == EAGAIN)
		return 0;
	if (done < 0)
		err(1, "message %u of %zu bytes", n, size);
	if ((size_t)done != size)
		errx(1, "of message %u, %zd of %zu bytes were written", n, done, size);
	return 1;
}

/* Waits for the answer to message n, compares it and returns its size. */
static size_t get(int fd, uint32_t n)
{
	uint8_t expected[MAX_PAYLOAD], bytes[MAX_PAYLOAD + 1];
	size_t size = message(n, expected);
	struct pollfd wait = { fd, POLLIN, 0 };
	ssize_t got;
	int ready;

	while ((ready = poll(&wait, 1, PATIENCE_MS)) < 0 && errno == EINTR)
		;
	if (ready <= 0)
		errx(1, "no answer to message %u of %zu bytes", n, size);
	got = read(fd, bytes, sizeof(bytes));
	if (got < 0)
		err(1, "answer to message %u", n);
	if ((size_t)got != size || memcmp(bytes, expected, size)) {
		for (uint32_t other = n > 1000 ? n - 1000 : 0; other < n + 1000; other++)
			if (message(other, expected) == (size_t)got && !memcmp(bytes, expected, got))
				errx(1, "instead of the answer to message %u came that to %u", n, other);
		errx(1, "the answer to message %u is not the %zu bytes that were sent, but %zd", n, size, got);
	}
	return size;
}

static volatile sig_atomic_t enough;

static void stop(int number)
{
	(void)number;
	enough = 1;
}

static void echo(uint32_t destination, uint32_t count, uint32_t ahead)
{
	int fd = open_endpoint(destination);
	uint32_t sent = 0, answered = 0, full = 0;
	uint64_t bytes = 0;

	signal(SIGTERM, stop);
	while (answered < count && !(enough && answered == sent)) {
		struct pollfd news = { fd, POLLIN, 0 };
		int stuck = 0;

		/* Answers are left lying as long as there may be more messages. */
		while (!enough && sent < count && sent - answered < ahead && !stuck) {
			if (put(fd, sent))
				sent++;
			else
				stuck = 1;
		}
		full += stuck;
		if (stuck && ahead >= count)
			continue; /* a reader that sleeps: nothing is read before all is written */
		if (answered < sent)
			bytes += get(fd, answered++);
		while (answered < sent && poll(&news, 1, 0) > 0)
			bytes += get(fd, answered++);
	}
	{
		struct pollfd more = { fd, POLLIN, 0 };

		if (poll(&more, 1, 0) > 0)
			errx(1, "more than %u answers came", answered);
	}
	printf("%u messages, %llu bytes, %u times without a buffer\n", answered, (unsigned long long)bytes, full);
	ioctl(fd, RPMSG_DESTROY_EPT_IOCTL);
}

static void endpoints(uint32_t destination, uint32_t count)
{
	for (uint32_t n = 0; n < count; n++) {
		int fd = open_endpoint(destination);

		while (!put(fd, n))
			;
		get(fd, n);
		if (ioctl(fd, RPMSG_DESTROY_EPT_IOCTL) < 0)
			err(1, "RPMSG_DESTROY_EPT_IOCTL");
		close(fd);
	}
	printf("%u endpoints\n", count);
}

static void flood(uint32_t destination)
{
	int fd = open_endpoint(destination);

	for (uint32_t n = 0;;) {
		uint8_t bytes[MAX_PAYLOAD];
		size_t size = message(n, bytes);

		if (write(fd, bytes, size) < 0) {
			if (errno == EAGAIN || errno == ENOMEM)
				continue;
			break;
		}
		if (++n == 1000) {
			puts("flooding");
			fflush(stdout);
		}
	}
	printf("the end: %s\n", strerror(errno));
}

static void say(const char *what)
{
	puts(what);
	fflush(stdout);
}

/* Fails unless there is no transmit buffer, however often one is asked for. */
static void check_full(int fd)
{
	for (int i = 0; i < 3; i++) {
		struct pollfd room = { fd, POLLOUT, 0 };

		if (put(fd, 0))
			errx(1, "a message more than there are buffers was taken");
		if (poll(&room, 1, 0) != 0)
			errx(1, "poll says %#x of an endpoint that nothing can be written to", room.revents);
	}
}

#define EACH 3 /* messages of a writer */

/* Writes messages and checks their answers, waiting in the kernel for all. Does not return. */
static void writer(uint32_t destination, uint32_t first)
{
	int fd = open_endpoint(destination);

	if (fcntl(fd, F_SETFL, 0) < 0)
		err(1, "F_SETFL");
	for (uint32_t n = first; n < first + EACH; n++)
		put(fd, n);
	for (uint32_t n = first; n < first + EACH; n++)
		get(fd, n);
	ioctl(fd, RPMSG_DESTROY_EPT_IOCTL);
	_exit(0);
}

/* Waits until a process sleeps where virtio_rpmsg_bus lets a sender wait for a buffer. */
static void await_asleep(pid_t pid)
{
	char path[64], where[64] = "";

	snprintf(path, sizeof(path), "/proc/%d/wchan", pid);
	while (strncmp(where, "rpmsg_send_offchannel_raw", 25) && strncmp(where, "virtio_rpmsg_send", 17)) {
		FILE *f = fopen(path, "r");

		if (!f || waitpid(pid, NULL, WNOHANG))
			errx(1, "a writer ended before it slept");
		if (fscanf(f, "%63s", where) != 1)
			where[0] = '\0';
		fclose(f);
		sched_yield();
	}
}

static void fill(uint32_t destination, uint32_t count, uint32_t writers, uint32_t answers)
{
	int fd = open_endpoint(destination);
	pid_t pids[writers];

	for (uint32_t n = 0; n + 1 < count; n++)
		if (!put(fd, n))
			errx(1, "no buffer for message %u of %u", n, count);
	say("one left");
	while (getchar() != '\n')
		;
	if (!put(fd, count - 1))
		errx(1, "no buffer for the last of %u messages", count);
	check_full(fd);
	for (uint32_t i = 0; i < writers; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			err(1, "fork");
		if (!pids[i])
			writer(destination, 1000 * (i + 1));
	}
	for (uint32_t i = 0; i < writers; i++)
		await_asleep(pids[i]);
	check_full(fd);
	say("asleep");
	for (uint32_t n = 0; n < answers; n++)
		get(fd, n);
	for (uint32_t i = 0; i < writers; i++) {
		int status;

		if (waitpid(pids[i], &status, 0) < 0 || status)
			errx(1, "writer %u of %u did not get through", i, writers);
	}
	/* The next answer is that to the next message: none came twice, or unasked. */
	while (!put(fd, count))
		;
	get(fd, count);
	printf("%u messages, %u writers\n", count, writers);
	ioctl(fd, RPMSG_DESTROY_EPT_IOCTL);
}

/* The next message, which must be this. */
static void expect(int fd, const void *bytes, size_t size, const char *what)
{
	uint8_t got[MAX_PAYLOAD + 1];
	struct pollfd wait = { fd, POLLIN, 0 };

	if (poll(&wait, 1, PATIENCE_MS) <= 0)
		errx(1, "%s did not come", what);
	if (read(fd, got, sizeof(got)) != (ssize_t)size || memcmp(got, bytes, size))
		errx(1, "what came is not %s", what);
}

/* src/bin/rpmsg-selftest/flow.rs says what its messages are. */
static void flooded(uint32_t destination, uint32_t count)
{
	int fd = open_endpoint(destination);
	char text[32];

	snprintf(text, sizeof(text), "flood %u", count);
	if (write(fd, text, strlen(text)) < 0)
		err(1, "flood");
	say("asked");
	expect(fd, text, strlen(text), "the answer to the command");
	for (uint32_t n = 0; n < count; n++) {
		uint8_t bytes[MAX_PAYLOAD];
		size_t size = 4 + n % (MAX_PAYLOAD - 3);

		snprintf(text, sizeof(text), "message %u", n);
		for (size_t i = 0; i < size; i++)
			bytes[i] = i < 4 ? n >> 8 * i : n + i - 4;
		expect(fd, bytes, size, text);
	}
	if (write(fd, "sleep", 5) < 0)
		err(1, "sleep");
	expect(fd, "sleep 1", 7, "the answer to the next command");
	printf("%u messages\n", count);
	ioctl(fd, RPMSG_DESTROY_EPT_IOCTL);
}

int main(int argc, char **argv)
{
	uint32_t numbers[4] = { 0 };

	for (int i = 2; i < argc && i < 6; i++)
		numbers[i - 2] = strtoul(argv[i], NULL, 0);
	if (argc == 5 && !strcmp(argv[1], "echo"))
		echo(numbers[0], numbers[1], numbers[2]);
	else if (argc == 4 && !strcmp(argv[1], "endpoints"))
		endpoints(numbers[0], numbers[1]);
	else if (argc == 3 && !strcmp(argv[1], "flood"))
		flood(numbers[0]);
	else if (argc == 6 && !strcmp(argv[1], "fill"))
		fill(numbers[0], numbers[1], numbers[2], numbers[3]);
	else if (argc == 4 && !strcmp(argv[1], "flooded"))
		flooded(numbers[0], numbers[1]);
	else
		errx(2, "usage: rpmsg-traffic echo DST COUNT AHEAD | endpoints DST COUNT | flood DST\n"
			"       rpmsg-traffic fill DST COUNT WRITERS ANSWERS | flooded DST COUNT");
	return 0;
}
