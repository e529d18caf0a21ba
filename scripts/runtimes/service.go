// SPDX-License-Identifier: GPL-2.0-or-later

// Web service of the demo in Go: GET anything, rows of the Mandelbrot set. Argument: the port.
package main

import (
	"fmt"
	"net/http"
	"os"
	"sync/atomic"
)

var number int64

//go:noinline
func mandelbrotRow(y, width int) int {
	inside := 0
	for px := 0; px < width; px++ {
		cx, cy := float64(px)*3/float64(width)-2, float64(y)*2/64-1
		x, z, n := 0.0, 0.0, 0
		for n < 200 && x*x+z*z <= 4 {
			x, z = x*x-z*z+cx, 2*x*z+cy
			n++
		}
		if n == 200 {
			inside++
		}
	}
	return inside
}

//go:noinline
func renderImage(number int) int {
	sum := 0
	for i := 0; i < 64; i++ {
		sum += mandelbrotRow((number+i)%64, 75)
	}
	return sum
}

func handleRequest(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, renderImage(int(atomic.AddInt64(&number, 1))))
}

func main() {
	http.HandleFunc("/", handleRequest)
	fmt.Fprintln(os.Stderr, http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
	os.Exit(1)
}
