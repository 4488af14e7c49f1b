package main

import (
	"fmt"
	"net"
	"net/http"
)

// serve offers the files of folder on this machine alone, and prints its address: a release to install from in tests.
func serve(folder string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", listener.Addr())
	return http.Serve(listener, http.FileServer(http.Dir(folder)))
}
