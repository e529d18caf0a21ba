// SPDX-License-Identifier: GPL-2.0-or-later
// Web service of the demo in Node: GET anything, rows of the Mandelbrot set. Argument: the port.
'use strict';
const http = require('http');

function mandelbrotRow(y, width) {
	let inside = 0;
	for (let px = 0; px < width; px++) {
		const cx = px * 3 / width - 2, cy = y * 2 / 64 - 1;
		let x = 0, z = 0, n = 0;
		while (n < 200 && x * x + z * z <= 4) {
			const next = x * x - z * z + cx;
			z = 2 * x * z + cy;
			x = next;
			n++;
		}
		inside += n === 200;
	}
	return inside;
}

function renderImage(number) {
	let sum = 0;
	for (let i = 0; i < 64; i++)
		sum += mandelbrotRow((number + i) % 64, 75);
	return sum;
}

let number = 0;
function handleRequest(request, response) {
	response.end(renderImage(++number) + '\n');
}

http.createServer(handleRequest).listen(+process.argv[2], '127.0.0.1');
