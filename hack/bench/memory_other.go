//go:build !linux

package main

import "errors"

type resident struct{ largest, own int64 }

func memory(command) (resident, error) {
	return resident{}, errors.New("measure memory: that needs Linux")
}
