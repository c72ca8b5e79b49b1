/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Runs shell commands that arrive on a serial line, one per line, and reports on the same line:
 *
 *     READY\n                      once, at start
 *     OUT <count>\n<count bytes>   any number of times per command: its output, both streams
 *     RC <code>\n                  once per command: exit status, or 128 + signal
 *
 * Counted output needs no quoting, so it may hold anything. It is also the guest's process 1: it
 * reaps what commands leave behind, and powers the machine off when the line breaks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int line;

static void off(const char *why)
{
	dprintf(STDERR_FILENO, "agent: %s: %s\n", why, strerror(errno));
	sync();
	reboot(RB_POWER_OFF);
	_exit(1);
}

static void put(const char *bytes, size_t count)
{
	while (count > 0) {
		ssize_t n = write(line, bytes, count);

		if (n < 0)
			off("write");
		bytes += n;
		count -= n;
	}
}

static void report(const char *format, ...)
{
	char text[32];
	va_list args;

	va_start(args, format);
	put(text, vsnprintf(text, sizeof(text), format, args));
	va_end(args);
}

/* Passes on what the command wrote; returns 0 at the end of it, -1 when there is nothing right now. */
static ssize_t relay(int output)
{
	char buffer[1024];
	ssize_t n = read(output, buffer, sizeof(buffer));

	if (n > 0) {
		report("OUT %zd\n", n);
		put(buffer, n);
	}
	return n;
}

static pid_t start(char *command, int output)
{
	pid_t child = fork();

	if (child < 0)
		off("fork");
	if (child == 0) {
		sigset_t none;
		int input = open("/dev/null", O_RDONLY);

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		setsid();
		dup2(input, STDIN_FILENO);
		dup2(output, STDOUT_FILENO);
		dup2(output, STDERR_FILENO);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	return child;
}

/* Reaps every dead child; returns 1 when the wanted one was among them. */
static int reap(pid_t wanted, int *status)
{
	int found = 0, s;
	pid_t dead;

	while ((dead = waitpid(-1, &s, WNOHANG)) > 0) {
		if (dead == wanted) {
			*status = s;
			found = 1;
		}
	}
	return found;
}

static void run(char *command, int signals)
{
	int output[2], more, status = 0, done = 0;
	pid_t child;

	if (pipe2(output, O_CLOEXEC | O_NONBLOCK) < 0)
		off("pipe");
	fcntl(output[1], F_SETFL, 0);
	child = start(command, output[1]);
	close(output[1]);
	more = output[0];

	/* The end of the command is its exit, not the end of its pipe: a background job may hold that. */
	while (!done) {
		struct pollfd wait[] = { { more, POLLIN, 0 }, { signals, POLLIN, 0 } };
		struct signalfd_siginfo ignored;

		if (poll(wait, 2, -1) < 0 && errno != EINTR)
			off("poll");
		if (wait[0].revents && relay(output[0]) == 0)
			more = -1; /* poll takes no notice of negative descriptors */
		if (wait[1].revents && read(signals, &ignored, sizeof(ignored)) > 0)
			done = reap(child, &status);
	}
	while (relay(output[0]) > 0)
		;
	close(output[0]);
	report("RC %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static void open_line(const char *device)
{
	struct termios raw;

	line = open(device, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (line < 0 || tcgetattr(line, &raw) < 0)
		off(device);
	cfmakeraw(&raw);
	raw.c_cflag &= ~CRTSCTS;
	raw.c_cflag |= CLOCAL | CREAD;
	cfsetspeed(&raw, B115200);
	if (tcsetattr(line, TCSANOW, &raw) < 0)
		off(device);
}

int main(int argc, char **argv)
{
	static char command[128 * 1024];
	size_t length = 0;
	sigset_t mask;
	int signals;

	if (argc != 2)
		return 2;
	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 1);
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signals = signalfd(-1, &mask, SFD_CLOEXEC);
	open_line(argv[1]);
	report("READY\n");

	for (;;) {
		ssize_t n = read(line, command + length, sizeof(command) - length);
		char *end;

		if (n <= 0)
			off("control line");
		length += n;
		while ((end = memchr(command, '\n', length)) != NULL) {
			size_t used = end + 1 - command;

			*end = '\0';
			run(command, signals);
			length -= used;
			memmove(command, command + used, length);
		}
		if (length == sizeof(command))
			off("command too long");
	}
}
