// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * clockabuse - the machine's clock as a bad administrator treats it.
 *
 *	clockabuse SECONDS [CLOCKSOURCES]
 *
 * Ten times a second one of: the date a day or a second ahead or back, the rate 500 ppm faster or
 * slower, a leap second announced or taken back; with a list of names (tsc,hpet,acpi_pm) every
 * second the next clock source. All is put back at the end, but for the error that jumps leave. Prints
 * how often: "jumps N", "rates N", "leaps N", "sources N", "refused N"; and "backward N":
 * readings of CLOCK_MONOTONIC that were behind one before them.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define SOURCE	"/sys/devices/system/clocksource/clocksource0/current_clocksource"
#define PPM	65536 /* of timex.freq */
#define A_DAY_S 86400

static unsigned long jumps, rates, leaps, sources, refused, backward;

static uint64_t now(void)
{
	static uint64_t last;
	struct timespec ts;
	uint64_t ns;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ns = ts.tv_sec * 1000000000ull + ts.tv_nsec;
	backward += ns < last;
	last = ns;
	return ns;
}

static void jump(long seconds)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec += seconds;
	if (clock_settime(CLOCK_REALTIME, &ts))
		refused++;
	else
		jumps++;
}

static void adjust(unsigned int modes, long freq, int status)
{
	struct timex t = { .modes = modes, .freq = freq, .status = status };

	if (adjtimex(&t) < 0)
		refused++;
	else if (modes & ADJ_FREQUENCY)
		rates++;
	else
		leaps++;
}

/* 0: it was taken. */
static int use_source(const char *name)
{
	int fd = open(SOURCE, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, name, strlen(name));

	if (fd >= 0)
		close(fd);
	return n < 0 ? -1 : 0;
}

static void next_source(char **names, int nr)
{
	static int at;

	if (!nr)
		return;
	if (use_source(names[at++ % nr]))
		refused++;
	else
		sources++;
}

int main(int argc, char **argv)
{
	static const long by_s[] = { A_DAY_S, -1, 1, -A_DAY_S, 1, -1, 1, -1 };
	char *names[8] = { NULL }, *list = argc == 3 ? argv[2] : NULL;
	struct timespec pause = { 0, 100000000 };
	uint64_t end_ns;
	int nr = 0;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: clockabuse SECONDS [CLOCKSOURCES]\n");
		return 2;
	}
	for (char *name = list ? strtok(list, ",") : NULL; name && nr < 8; name = strtok(NULL, ","))
		names[nr++] = name;
	end_ns = now() + strtoull(argv[1], NULL, 10) * 1000000000ull;
	for (unsigned int i = 0; now() < end_ns; i++) {
		switch (i % 4) {
		case 0:
		case 2:
			jump(by_s[(i / 2) % 8]);
			break;
		case 1:
			adjust(ADJ_FREQUENCY, (i / 4) % 2 ? 500 * PPM : -500 * PPM, 0);
			break;
		default:
			adjust(ADJ_STATUS, 0, (i / 4) % 2 ? STA_INS : 0);
		}
		if (i % 10 == 9)
			next_source(names, nr);
		nanosleep(&pause, NULL);
	}
	adjust(ADJ_FREQUENCY, 0, 0);
	adjust(ADJ_STATUS, 0, 0);
	if (nr)
		use_source(names[0]);
	printf("jumps %lu\nrates %lu\nleaps %lu\nsources %lu\nrefused %lu\nbackward %lu\n", jumps,
	       rates, leaps, sources, refused, backward);
	return 0;
}
