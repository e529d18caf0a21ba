// SPDX-License-Identifier: GPL-2.0-or-later
// Web service of the demo in Java: GET anything, rows of the Mandelbrot set. Argument: the port.
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;

public class Service {
	static int number;

	static int mandelbrotRow(int y, int width) {
		int inside = 0;
		for (int px = 0; px < width; px++) {
			double cx = px * 3.0 / width - 2, cy = y * 2.0 / 64 - 1, x = 0, z = 0;
			int n = 0;
			while (n < 200 && x * x + z * z <= 4) {
				double next = x * x - z * z + cx;
				z = 2 * x * z + cy;
				x = next;
				n++;
			}
			if (n == 200)
				inside++;
		}
		return inside;
	}

	static int renderImage(int number) {
		int sum = 0;
		for (int i = 0; i < 64; i++)
			sum += mandelbrotRow((number + i) % 64, 75);
		return sum;
	}

	static void handleRequest(HttpExchange exchange) throws IOException {
		byte[] body = (renderImage(++number) + "\n").getBytes();
		exchange.sendResponseHeaders(200, body.length);
		exchange.getResponseBody().write(body);
		exchange.close();
	}

	public static void main(String[] args) throws IOException {
		HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])), 64);
		server.createContext("/", Service::handleRequest);
		server.start();
	}
}
