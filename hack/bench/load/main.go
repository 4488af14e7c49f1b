// Command load reads a kubeconfig as kubectl does, and nothing else: what an audit of the same file is measured
// against.
package main

import (
	"fmt"
	"os"

	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	config, err := clientcmd.LoadFromFile(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	fmt.Println(len(config.AuthInfos))
}
