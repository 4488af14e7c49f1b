// Command release makes the parts of a release whose bytes depend on nothing but their contents: archives, the
// container image, and the licences of what is linked.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"time"
)

func main() { os.Exit(run(os.Args[1:])) }

const usage = `usage: release pack -o FILE.tar|FILE.tar.gz|FILE.zip -time SECONDS FOLDER
       release list FILE.tar.gz|FILE.zip
       release licences -o FILE -dir FOLDER [-for OS/ARCH] [-allow LICENCE] PACKAGE...
       release image -o FOLDER -time SECONDS -version VERSION -source ADDRESS -of PROGRAM ARCH=ROOT...
       release root FOLDER ARCH TARGET
       release push FOLDER REFERENCE
       release serve FOLDER`

var errUsage = errors.New(usage)

func run(args []string) int {
	err := command(args)
	switch {
	case errors.Is(err, errUsage):
		fmt.Fprintln(os.Stderr, err)
		return 2
	case err != nil:
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		return 1
	}
	return 0
}

func command(args []string) error {
	if len(args) == 0 {
		return errUsage
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	out := flags.String("o", "", "the file or folder to write")
	seconds := flags.Int64("time", 0, "the time of all that is written, in seconds since 1970")
	version := flags.String("version", "", "of the release")
	source := flags.String("source", "", "the address of the source")
	of := flags.String("of", "", "the program that the image starts")
	dir := flags.String("dir", ".", "the folder of the module")
	platform := flags.String("for", "", "the platform of the programs; all of a release by default")
	allow := flags.String("allow", "", "a licence that is allowed besides the permissive ones")
	if err := flags.Parse(args[1:]); err != nil {
		return errUsage
	}
	at := time.Unix(*seconds, 0).UTC()
	switch rest := flags.Args(); {
	case args[0] == "pack" && *out != "" && len(rest) == 1:
		return pack(*out, rest[0], at)
	case args[0] == "list" && len(rest) == 1:
		return list(rest[0])
	case args[0] == "licences" && *out != "" && len(rest) > 0:
		on := platforms
		if *platform != "" {
			on = []string{*platform}
		}
		return licences(*out, *dir, on, append([]string{*allow}, permissive...), rest)
	case args[0] == "image" && *out != "" && *version != "" && kinds[*of].title != "" && len(rest) > 0:
		return layout(*out, about{kind: kinds[*of], version: *version, source: *source, created: at}, rest)
	case args[0] == "root" && len(rest) == 3:
		return extract(rest[0], rest[1], rest[2])
	case args[0] == "push" && len(rest) == 2:
		return push(rest[0], rest[1])
	case args[0] == "serve" && len(rest) == 1:
		return serve(rest[0])
	}
	return errUsage
}
