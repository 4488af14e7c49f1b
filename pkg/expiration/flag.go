package expiration

import "time"

// Flag is a lifetime as the value of a flag (flag.Value and pflag.Value): what Parse reads and Check accepts. Zero
// means that none was given.
type Flag time.Duration

// Type names the value in help texts.
func (f *Flag) Type() string { return "duration" }

func (f *Flag) String() string {
	if *f == 0 {
		return ""
	}
	return String(time.Duration(*f))
}

// Set parses s; calendar months count from now.
func (f *Flag) Set(s string) error {
	d, err := Parse(s, time.Now())
	if err != nil {
		return err
	}
	if err := Check(d); err != nil {
		return err
	}
	*f = Flag(d)
	return nil
}
