// SPDX-License-Identifier: GPL-2.0-or-later
// Web service of the demo in Rust: GET anything, rows of the Mandelbrot set. Argument: the port.
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

#[inline(never)]
fn mandelbrot_row(y: usize, width: usize) -> usize {
    let mut inside = 0;
    for px in 0..width {
        let (cx, cy) = (px as f64 * 3.0 / width as f64 - 2.0, y as f64 * 2.0 / 64.0 - 1.0);
        let (mut x, mut z, mut n) = (0.0f64, 0.0f64, 0);
        while n < 200 && x * x + z * z <= 4.0 {
            let next = x * x - z * z + cx;
            z = 2.0 * x * z + cy;
            x = next;
            n += 1;
        }
        inside += (n == 200) as usize;
    }
    inside
}

#[inline(never)]
fn render_image(number: usize) -> usize {
    (0..64).map(|i| mandelbrot_row((number + i) % 64, 75)).sum()
}

#[inline(never)]
fn handle_request(mut stream: TcpStream, number: usize) -> std::io::Result<()> {
    let mut request = [0u8; 2048];
    stream.read(&mut request)?;
    let body = format!("{}\n", render_image(number));
    write!(stream, "HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.len(), body)
}

fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).expect("the port");
    let listener = TcpListener::bind(format!("127.0.0.1:{}", port))?;
    for (number, stream) in listener.incoming().enumerate() {
        // a client that went away is no matter of the others
        let _ = handle_request(stream?, number);
    }
    Ok(())
}
