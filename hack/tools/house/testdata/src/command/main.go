package main

import "os"

func main() { os.Exit(run()) }

func run() int {
	os.Exit(1) // want `os.Exit below main`
	return 0
}
