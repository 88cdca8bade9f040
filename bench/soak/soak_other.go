//go:build !unix

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "soak: the signals that it sends are those of Unix")
	os.Exit(1)
}
