package sts

import (
	"encoding/csv"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// startAhead has kubectl sts token mint the next token in the background, by the flags of this command.
func (o *mintOptions) startAhead(s settings) error {
	args := []string{"token", "--ahead"}
	secrets := map[string]bool{}
	env := o.Environ()
	for _, t := range o.tokens {
		secrets[string(t.kind)], secrets[string(t.kind)+"-stdin"] = true, true
		if t.kind == s.source.Kind && s.source.Token != "" {
			env = append(env, variables[t.kind]+"="+s.source.Token) // never in arguments
		}
	}
	o.flags.Visit(func(f *pflag.Flag) {
		if secrets[f.Name] || slices.Contains([]string{"output", "once", "verbose", "no-color", "data", "header"},
			f.Name) {
			return
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = nil
			for _, v := range list.GetSlice() {
				values = append(values, quoted(v))
			}
		}
		for _, v := range values {
			args = append(args, "--"+f.Name+"="+v)
		}
	})
	return o.Again(args, env)
}

// quoted is an item of a flag that takes several, separated by commas.
func quoted(item string) string {
	var text strings.Builder
	w := csv.NewWriter(&text)
	_ = w.Write([]string{item}) // to memory
	w.Flush()
	return strings.TrimSuffix(text.String(), "\n")
}
