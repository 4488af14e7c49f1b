// Command manual writes what the commands of all programs say of themselves: the pages docs/commands.md
// and docs/troubleshooting.md, and man pages.
//
//	go run ./hack/manual -page docs/commands.md -troubles docs/troubleshooting.md
//	go run ./hack/manual -man DIR -date 2026-01-31 -version v0.1.0
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("manual", flag.ContinueOnError)
	page := flags.String("page", "", "file to write the page with all commands to")
	troubles := flags.String("troubles", "",
		"file to write the page with all hints to, from the root of the repository")
	man := flags.String("man", "", "folder to write the man pages to")
	date := flags.String("date", "", "date of the man pages, as 2026-01-31")
	version := flags.String("version", "dev", "version of the programs, for the man pages")
	if err := flags.Parse(args); err != nil {
		return err
	}
	programs, err := programs()
	if err != nil {
		return err
	}
	if *page != "" {
		if err := os.WriteFile(*page, []byte(markdown(programs)), 0o644); err != nil {
			return err
		}
	}
	if *troubles != "" {
		text, err := troubleshooting(".")
		if err != nil {
			return err
		}
		if err := os.WriteFile(*troubles, []byte(text), 0o644); err != nil {
			return err
		}
	}
	if *man == "" {
		return nil
	}
	// Two builds of one commit are to have the same bytes, so it is not today's date by itself.
	if _, err := time.Parse(time.DateOnly, *date); err != nil {
		return fmt.Errorf("-date: want a day as 2026-01-31: %w", err)
	}
	if err := os.MkdirAll(*man, 0o755); err != nil {
		return err
	}
	for _, p := range programs {
		for _, c := range p.all() {
			text := manPage(c, p, *date, *version)
			if err := os.WriteFile(filepath.Join(*man, c.manName()+".1"), []byte(text), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
