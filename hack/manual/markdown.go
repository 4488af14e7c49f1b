package main

import (
	"fmt"
	"strings"
)

// markdown is the page with all commands.
func markdown(programs []*command) string {
	var b strings.Builder
	b.WriteString("# Commands\n\n" +
		"Written from the commands themselves by `make docs`; a test compares. `--help` shows the same on a " +
		"terminal, " +
		"and\npackages bring it as man pages: `man kubectl-edge-login`.\n\n")
	for _, p := range programs {
		fmt.Fprintf(&b, "- [%s](#%s): %s\n", p.name, anchor(p.name), lower(p.short))
		for _, c := range p.below {
			fmt.Fprintf(&b, "  - %s\n", contents(c))
		}
	}
	for _, p := range programs {
		for _, c := range p.all() {
			section(&b, c)
		}
	}
	return b.String()
}

// contents is a line of the contents: a command, and those below it.
func contents(c *command) string {
	name := c.name[strings.LastIndex(c.name, " ")+1:]
	line := fmt.Sprintf("[%s](#%s)", name, anchor(c.name))
	var below []string
	for _, child := range c.below {
		below = append(below, contents(child))
	}
	if len(below) > 0 {
		line += ": " + strings.Join(below, ", ")
	}
	return line
}

func section(b *strings.Builder, c *command) {
	level := "##"
	if c.above != nil {
		level = "###"
	}
	fmt.Fprintf(b, "\n%s %s\n", level, c.name)
	for _, p := range paragraphs(c.long) {
		if columns(p) {
			p = "```text\n" + p + "\n```"
		} else {
			p = escape(p)
		}
		fmt.Fprintf(b, "\n%s\n", p)
	}
	fmt.Fprintf(b, "\n```text\n%s\n```\n", c.synopsis)
	if c.examples != "" {
		fmt.Fprintf(b, "\n```sh\n%s\n```\n", c.examples)
	}
	if len(c.below) > 0 {
		b.WriteString("\n| command | |\n|---|---|\n")
		for _, child := range c.below {
			fmt.Fprintf(b, "| [%s](#%s) | %s |\n", child.name, anchor(child.name), cell(lower(child.short)))
		}
	}
	if len(c.flags) > 0 {
		if c.above == nil && len(c.below) > 0 {
			b.WriteString("\nFlags of every command:\n")
		}
		b.WriteString("\n| flag | meaning | default |\n|---|---|---|\n")
		for _, o := range c.flags {
			standard := strings.TrimSuffix(strings.TrimPrefix(o.standard, "(default "), ")")
			if standard != "" {
				standard = "`" + strings.Trim(standard, `"`) + "`"
			}
			fmt.Fprintf(b, "| %s | %s | %s |\n", flagNames(o, "`"), cell(o.usage), standard)
		}
	}
}

// flagNames are the names of a flag, and what kind of value it takes, between marks.
func flagNames(o option, mark string) string {
	names := mark + "--" + o.name
	if o.value != "" {
		names += " " + o.value
	}
	names += mark
	if o.short != "" {
		names = mark + "-" + o.short + mark + ", " + names
	}
	return names
}

// anchor is what GitHub makes of a heading.
func anchor(heading string) string { return strings.ReplaceAll(strings.ToLower(heading), " ", "-") }

// lower begins a sentence as the rest of one, unless its first word is a name.
func lower(s string) string {
	first, rest, _ := strings.Cut(s, " ")
	if first == strings.ToUpper(first[:1])+strings.ToLower(first[1:]) {
		first = strings.ToLower(first)
	}
	return strings.TrimSpace(first + " " + rest)
}

// escape keeps what the help shows as it is from being markup.
func escape(s string) string {
	return strings.NewReplacer("*", `\*`, "<", `\<`).Replace(s)
}

func cell(s string) string { return escape(strings.ReplaceAll(s, "|", `\|`)) }
