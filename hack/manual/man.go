package main

import (
	"fmt"
	"slices"
	"strings"
)

// manPage is the man page of a command of a program, in man(7), which every formatter knows.
func manPage(c, program *command, date, version string) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %s 1 %s %q %q\n", strings.ToUpper(roff(c.manName())), date, "kubectl edge "+version,
		"kubectl edge")
	b.WriteString(".ad l\n") // spread over the line, flags and addresses are hard to read
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(c.manName()), roff(lower(c.short)))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n%s\n", strings.ReplaceAll(line(c.synopsis), "\n", "\n.br\n"))
	b.WriteString(".SH DESCRIPTION\n")
	for i, p := range paragraphs(c.long) {
		switch {
		case columns(p):
			verbatim(&b, p, i > 0)
		default:
			if i > 0 {
				b.WriteString(".PP\n")
			}
			text(&b, p)
		}
	}
	if len(c.below) > 0 {
		b.WriteString(".SH COMMANDS\n")
		for _, child := range c.below {
			fmt.Fprintf(&b, ".TP\n.BR %s (1)\n%s\n", roff(child.manName()), line(lower(child.short)))
		}
	}
	options(&b, "OPTIONS", c.flags)
	if c != program {
		options(&b, "OPTIONS OF EVERY COMMAND", program.flags)
	}
	if c.examples != "" {
		b.WriteString(".SH EXAMPLES\n")
		verbatim(&b, c.examples, false)
	}
	b.WriteString(".SH SEE ALSO\n")
	var others []string
	if c.above != nil {
		others = append(others, c.above.manName())
		for _, sibling := range c.above.below {
			if sibling != c {
				others = append(others, sibling.manName())
			}
		}
	}
	others = append(others, "kubectl")
	slices.Sort(others)
	for i, name := range others {
		comma := " ,"
		if i == len(others)-1 {
			comma = ""
		}
		fmt.Fprintf(&b, ".BR %s (1)%s\n", roff(name), comma)
	}
	return b.String()
}

func options(b *strings.Builder, title string, flags []option) {
	if len(flags) == 0 {
		return
	}
	fmt.Fprintf(b, ".SH %q\n", title)
	for _, o := range flags {
		b.WriteString(".TP\n")
		if o.short != "" {
			fmt.Fprintf(b, `\fB\-%s\fR, `, o.short)
		}
		fmt.Fprintf(b, `\fB\-\-%s\fR`, roff(o.name))
		if o.value != "" {
			fmt.Fprintf(b, ` \fI%s\fR`, roff(o.value))
		}
		fmt.Fprintf(b, "\n%s\n", line(strings.TrimSpace(o.usage+" "+o.standard)))
	}
}

// verbatim keeps lines as they are. spaced puts an empty line in front.
func verbatim(b *strings.Builder, text string, spaced bool) {
	if spaced {
		b.WriteString(".PP\n")
	}
	b.WriteString(".nf\n")
	for l := range strings.SplitSeq(text, "\n") {
		b.WriteString(line(l) + "\n")
	}
	b.WriteString(".fi\n")
}

// text writes a paragraph with each sentence on a line of its own, so that formatters space them as they do elsewhere.
func text(b *strings.Builder, paragraph string) {
	words := strings.Fields(paragraph)
	start := 0
	for i, word := range words {
		if i == len(words)-1 || strings.HasSuffix(word, ".") || strings.HasSuffix(word, "?") {
			b.WriteString(line(strings.Join(words[start:i+1], " ")) + "\n")
			start = i + 1
		}
	}
}

// line is a line of text, which does not begin with what formatters take for a request.
func line(s string) string {
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		return `\&` + roff(s)
	}
	return roff(s)
}

// roff has formatters print s as it is: a plain hyphen becomes a typographic one in copies of a command otherwise.
func roff(s string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`, "…",
		`\[u2026]`,
		"é", `\(e'`, "✅", `\[u2705]`).Replace(s)
}
