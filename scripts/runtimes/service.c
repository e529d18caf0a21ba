// SPDX-License-Identifier: GPL-2.0-or-later
/* Web service of the demo in C: GET anything, rows of the Mandelbrot set. Argument: the port. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static __attribute__((noinline)) unsigned int mandelbrot_row(unsigned int y, unsigned int width)
{
	unsigned int inside = 0;

	for (unsigned int px = 0; px < width; px++) {
		double cx = px * 3.0 / width - 2, cy = y * 2.0 / 64 - 1, x = 0, z = 0;
		unsigned int n = 0;

		while (n < 200 && x * x + z * z <= 4) {
			double next = x * x - z * z + cx;

			z = 2 * x * z + cy;
			x = next;
			n++;
		}
		inside += n == 200;
	}
	return inside;
}

static __attribute__((noinline)) unsigned int render_image(unsigned int number)
{
	unsigned int sum = 0;

	for (unsigned int i = 0; i < 64; i++)
		sum += mandelbrot_row((number + i) % 64, 75);
	return sum;
}

static __attribute__((noinline)) void handle_request(int client, unsigned int number)
{
	char request[2048], answer[128], body[16];
	int len = snprintf(body, sizeof(body), "%u\n", render_image(number));

	len = snprintf(answer, sizeof(answer), "HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s", len,
		       body);
	if (read(client, request, sizeof(request)) <= 0 || write(client, answer, len) != len)
		perror("service");
	close(client);
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1, client;

	if (argc != 2)
		return 2;
	at.sin_port = htons(atoi(argv[1]));
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 64)) {
		perror("service");
		return 1;
	}
	for (unsigned int number = 0; (client = accept(listener, NULL, NULL)) >= 0; number++)
		handle_request(client, number);
	return 0;
}
