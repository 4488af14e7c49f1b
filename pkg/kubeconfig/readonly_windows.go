package kubeconfig

import "golang.org/x/sys/windows"

var errReadOnlyFS error = windows.ERROR_WRITE_PROTECT
