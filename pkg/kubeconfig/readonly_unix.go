//go:build !windows

package kubeconfig

import "syscall"

var errReadOnlyFS error = syscall.EROFS
