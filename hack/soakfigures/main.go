// Command soakfigures writes to a page what a part of make soak said at its end, read from standard input: hack/soak.sh
// calls it after each part that passed.
//
//	go run ./hack/soakfigures -part storm -took 233 -write docs/reliability.md <storm.log
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/hack/stage"
)

func main() {
	part := flag.String("part", "", "race, killed, storm or fuzz")
	took := flag.Int("took", 0, "how long it took, in seconds")
	page := flag.String("write", "", "page to write the figures to")
	flag.Parse()
	if err := write(*page, *part, time.Duration(*took)*time.Second, os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// write replaces the part's section of the page. What it cannot read figures from is an error, and leaves the page.
func write(page, part string, took time.Duration, log io.Reader) error {
	read, ok := readers[part]
	if !ok {
		return fmt.Errorf("there is no part %q", part)
	}
	var lines []string
	for s := bufio.NewScanner(log); ; {
		if !s.Scan() {
			if err := s.Err(); err != nil {
				return err
			}
			break
		}
		lines = append(lines, s.Text())
	}
	found := read(lines)
	if len(found) == 0 {
		return fmt.Errorf("the log of %s has no figures", part)
	}
	text := fmt.Sprintf("Last run: %s. It took %s.\n\n- %s\n", stage.Machine(), took, strings.Join(found, "\n- "))
	return stage.WriteSection(page, "make soak PARTS="+part, text)
}

// readers are what reads the figures of each part from its lines.
var readers = map[string]func([]string) []string{
	"race": packages, "killed": sentences, "storm": sentences, "fuzz": executions,
}

// sentences are the lines that our own programs end with.
func sentences(lines []string) (found []string) {
	for _, line := range lines {
		for _, begin := range []string{"killed ", "they left ", "nothing was lost"} {
			if strings.HasPrefix(line, begin) {
				found = append(found, line)
			}
		}
		if stormLine.MatchString(line) {
			found = append(found, line)
		}
	}
	return found
}

var (
	stormLine  = regexp.MustCompile(`^\d+ (times|clients) `)
	passedLine = regexp.MustCompile(`^ok\s+\S+\s+(\d+(\.\d+)?s|\(cached\))`)
	executed   = regexp.MustCompile(`^fuzz: elapsed: \S+, execs: (\d+) `)
)

// packages counts those whose tests passed.
func packages(lines []string) []string {
	passed := 0
	for _, line := range lines {
		if passedLine.MatchString(line) {
			passed++
		}
	}
	if passed == 0 {
		return nil
	}
	return []string{fmt.Sprintf("the tests of %d packages passed, and the race detector found nothing", passed)}
}

// executions adds up what each target did until its package passed.
func executions(lines []string) []string {
	targets, sum, last := 0, 0, 0
	for _, line := range lines {
		if m := executed.FindStringSubmatch(line); m != nil {
			last, _ = strconv.Atoi(m[1]) // digits
		}
		if passedLine.MatchString(line) {
			targets, sum, last = targets+1, sum+last, 0
		}
	}
	if targets == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d targets, %d million inputs; none failed", targets, sum/1e6)}
}
