// Command recording runs commands on a terminal, each typed as a person would, and writes what it shows as an animated
// picture: text and styles, light and dark, with no script in it. Where nothing is to move, all of it is there at once.
//
//	recording -o docs/recording.svg "kubectl edge use demo" "kubectl get edgehosts"
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"html"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"github.com/creack/pty"
)

// The picture's measures, in characters, pixels and seconds.
const (
	columns    = 88
	rowHeight  = 20
	charWidth  = 8.4
	margin     = 20
	headHeight = 36
	typing     = 0.035 // for each character
	reading    = 1.1   // after the output of a command
	rest       = 4.0   // at the end, before it begins again
)

// row is a line on the screen, and when it appears.
type row struct {
	text    string
	command bool
	at      float64
	typed   float64 // how long it takes to type it
}

func main() {
	if err := record(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
}

func record(args []string) error {
	flags := flag.NewFlagSet("recording", flag.ContinueOnError)
	out := flags.String("o", "recording.svg", "file to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var rows []row
	now := 0.6
	for _, command := range flags.Args() {
		if room := columns - len("$ "); len(command) > room {
			return fmt.Errorf("%s: longer than the %d characters of a line", command, room)
		}
		output, took, err := play(command)
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", command, err, strings.Join(output, "\n"))
		}
		typed := typing * float64(len(command))
		rows = append(rows, row{text: command, command: true, at: now, typed: typed})
		now += typed + min(0.3+took.Seconds(), 1.2)
		for _, line := range output {
			rows = append(rows, row{text: line, at: now})
			now += 0.04
		}
		rows = append(rows, row{at: now})
		now += reading
	}
	return os.WriteFile(*out, draw(rows[:len(rows)-1], now+rest), 0o644)
}

// escapes are what moves the cursor or sets colours, with what is written over afterwards.
var escapes = regexp.MustCompile(`[^\n]*\r\x1b\[K|\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\a]*\a`)

// play runs a command on a terminal, and returns the lines that it shows.
func play(command string) ([]string, time.Duration, error) {
	cmd := exec.Command("bash", "-c", command)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color")
	start := time.Now()
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 400})
	if err != nil {
		return nil, 0, err
	}
	defer terminal.Close()
	var data bytes.Buffer
	_, _ = io.Copy(&data, terminal) // ends with an error when nobody has the terminal open any more
	text := escapes.ReplaceAllString(strings.ReplaceAll(data.String(), "\r\n", "\n"), "")
	if strings.TrimSpace(text) == "" {
		err = errors.New("it showed nothing")
	}
	var lines []string
	for line := range strings.SplitSeq(strings.Trim(text, "\n"), "\n") {
		line = strings.ReplaceAll(line, os.Getenv("HOME"), "~") // which is a sandbox's, and long
		if runes := []rune(line); len(runes) > columns {
			line = string(runes[:columns-1]) + "…"
		}
		lines = append(lines, line)
	}
	return lines, time.Since(start), errors.Join(cmd.Wait(), err)
}

// draw makes the picture. Each line is invisible until its time has come, in a loop of total seconds.
func draw(rows []row, total float64) []byte {
	width := 740 + 2*margin // columns of charWidth
	height := headHeight + rowHeight*len(rows) + margin
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img"
  aria-label="kubectl edge on a terminal">
<style>
  svg { --back: #ffffff; --edge: #d1d9e0; --text: #1f2328; --dim: #59636e; --typed: #0550ae }
  @media (prefers-color-scheme: dark) {
    svg { --back: #0d1117; --edge: #3d444d; --text: #e6edf3; --dim: #9198a1; --typed: #79c0ff }
  }
  text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: var(--text);
    white-space: pre }
  .typed { fill: var(--typed); font-weight: 600 } .prompt { fill: var(--dim) }
  .row { animation: %.1fs step-end infinite }
`, width, height, width, height, total)
	for i, r := range rows {
		if r.text == "" {
			continue
		}
		fmt.Fprintf(&b, "  @keyframes r%d { 0%% { opacity: 0 } %.2f%% { opacity: 1 } }\n", i, 100*r.at/total)
		if r.command {
			// A cover as long as the words goes away to the right, character by character.
			n := float64(len(r.text))
			fmt.Fprintf(&b, "  @keyframes c%d { 0%%, %.2f%% { transform: none } %.2f%%, 100%% { transform: "+
				"translateX(%.1fpx) } }\n",
				i, 100*r.at/total, 100*(r.at+r.typed)/total, n*charWidth)
			fmt.Fprintf(&b, "  .c%d { animation: c%d %.1fs steps(%d) infinite }\n", i, i, total, len(r.text))
		}
	}
	b.WriteString("  @media (prefers-reduced-motion: reduce) { .row, .cover { animation: none !important } .cover { " +
		"opacity: 0 } }\n")
	fmt.Fprintf(&b, `</style>
<clipPath id="screen"><rect x="1" y="1" width="%d" height="%d" rx="9"/></clipPath>
<rect x="0.5" y="0.5" width="%d" height="%d" rx="10" fill="var(--back)" stroke="var(--edge)"/>
<g fill="var(--edge)"><circle cx="22" cy="19" r="6"/><circle cx="42" cy="19" r="6"/><circle cx="62" cy="19" r="6"/></g>
<g clip-path="url(#screen)">
`, width-2, height-2, width-1, height-1)
	for i, r := range rows {
		if r.text == "" {
			continue
		}
		y := headHeight + rowHeight*i + 15
		style := fmt.Sprintf(`class="row" style="animation-name: r%d"`, i)
		if !r.command {
			fmt.Fprintf(&b, "<text %s x=\"%d\" y=\"%d\">%s</text>\n", style, margin, y, html.EscapeString(r.text))
			continue
		}
		left := margin + 2*charWidth
		fmt.Fprintf(&b, `<g %s><text x="%d" y="%d"><tspan class="prompt">$ </tspan><tspan `+
			`class="typed">%s</tspan></text>`,
			style, margin, y, html.EscapeString(r.text))
		fmt.Fprintf(&b, `<rect class="cover c%d" x="%.1f" y="%d" width="%d" height="%d" fill="var(--back)"/></g>`+"\n",
			i, left, y-15, width, rowHeight)
	}
	b.WriteString("</g>\n</svg>\n")
	return b.Bytes()
}
