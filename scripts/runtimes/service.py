# SPDX-License-Identifier: GPL-2.0-or-later
"""Web service of the demo in Python: GET anything, a row of the Mandelbrot set. Argument: the port."""
import http.server
import sys


def mandelbrot_row(y, width):
    inside = 0
    for px in range(width):
        cx, cy = px * 3.0 / width - 2.0, y * 2.0 / 64 - 1.0
        x = z = 0.0
        n = 0
        while n < 60 and x * x + z * z <= 4.0:
            x, z = x * x - z * z + cx, 2.0 * x * z + cy
            n += 1
        inside += n == 60
    return inside


def render_image(number):
    return sum(mandelbrot_row((number + i) % 64, 24) for i in range(4))


class Handler(http.server.BaseHTTPRequestHandler):
    number = 0

    def do_GET(self):
        Handler.number += 1
        body = b"%d\n" % render_image(Handler.number)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
