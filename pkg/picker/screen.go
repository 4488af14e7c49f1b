package picker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

const (
	// escapeTime is how long an escape has to be alone to be the key, and not the beginning of another one's sequence:
	// a connection may tear these apart.
	escapeTime = 100 * time.Millisecond
	// pasteTime is the same for the end of what is pasted.
	pasteTime = 2 * time.Second
)

// Bracketed paste has a terminal say what was pasted rather than typed.
const (
	pastesOn, pastesOff    = "\x1b[?2004h", "\x1b[?2004l"
	hideCursor, showCursor = "\x1b[?25l", "\x1b[?25h"
	eraseLine, eraseBelow  = "\x1b[K", "\x1b[J"
)

// screen is the terminal while a list is drawn on it.
//
// The cursor stays in the first line of what is drawn. What is above it is never touched, and all below it is drawn
// again, also after a terminal that became narrower has broken the lines.
type screen struct {
	in, out *os.File
	before  *term.State
	cursor  int // column of it
	pending chan input
	rest    []byte // that was read, and not yet a key
}

// input is what one read of the terminal gave.
type input struct {
	data []byte
	err  error
}

func chooseByKeys(ctx context.Context, p plugin.Process, list List) ([]int, error) {
	in, isFile := p.In.(*os.File)
	out, isToo := plugin.File(p.ErrOut).(*os.File)
	if !isFile || !isToo {
		return nil, plugin.ErrNoTerminal
	}
	s := &screen{in: in, out: out}
	if err := s.begin(); err != nil {
		return nil, fmt.Errorf("read the keys of the terminal: %w", err)
	}
	defer s.end()
	resized, stop := resizes()
	defer stop()

	v := newView(list, p.Pen(p.ErrOut))
	for {
		if err := s.draw(v); err != nil {
			return nil, fmt.Errorf("draw the list: %w", err)
		}
		pressed, err := s.key(ctx, resized)
		switch {
		case errors.Is(err, io.EOF): // the terminal is gone
			return nil, errLeft()
		case err != nil:
			return nil, err
		}
		switch v.press(pressed) {
		case chosen:
			s.end()
			fmt.Fprintln(p.ErrOut, list.chosen(v.chosenRows()))
			return v.chosenRows(), nil
		case left:
			return nil, errLeft()
		case stopped:
			if err := s.stop(); err != nil {
				return nil, err
			}
		}
	}
}

func (s *screen) begin() (err error) {
	if s.before, err = term.MakeRaw(int(s.in.Fd())); err != nil {
		return err
	}
	_, err = s.out.WriteString(pastesOn)
	return err
}

// end takes the list away, and gives the terminal back as it was.
func (s *screen) end() {
	if s.before == nil {
		return
	}
	_, _ = s.out.WriteString(s.top() + eraseBelow + pastesOff + showCursor)
	_ = term.Restore(int(s.in.Fd()), s.before)
	s.before, s.cursor = nil, 0
}

// stop has the shell take the terminal, until it gives it back.
func (s *screen) stop() error {
	s.end()
	sleep()
	return s.begin()
}

// top moves to where the list begins. A terminal that has become narrower may have broken the cursor's line before it.
func (s *screen) top() string {
	width, _ := s.size()
	if above := s.cursor / max(width, 1); above > 0 {
		return fmt.Sprintf("\x1b[%dA\r", above)
	}
	return "\r"
}

func (s *screen) size() (width, height int) {
	width, height, err := term.GetSize(int(s.out.Fd()))
	if err != nil || width <= 0 || height <= 0 { // a serial line knows none
		return 80, 24
	}
	return width, height
}

func (s *screen) draw(v *view) error {
	lines, cursor := v.frame(s.size())
	text := hideCursor + s.top() + strings.Join(lines, eraseLine+"\r\n") + eraseLine + eraseBelow
	if n := len(lines) - 1; n > 0 {
		text += fmt.Sprintf("\x1b[%dA", n)
	}
	text += "\r"
	if cursor > 0 {
		text += fmt.Sprintf("\x1b[%dC", cursor)
	}
	s.cursor = cursor
	_, err := s.out.WriteString(text + showCursor)
	return err
}

// key is the next one, or redraw when the terminal has another size.
func (s *screen) key(ctx context.Context, resized <-chan os.Signal) (press, error) {
	var alone <-chan time.Time // of an escape
	ended := false
	for {
		if p, n := decode(s.rest, ended); n > 0 {
			s.rest = s.rest[n:]
			return p, nil
		}
		if len(s.rest) > 0 && alone == nil {
			patience := escapeTime
			if bytes.HasPrefix(s.rest, []byte(pasteStart)) {
				patience = pasteTime
			}
			alone = time.After(patience)
		}
		select {
		case got := <-s.read():
			s.pending = nil
			if len(got.data) == 0 && got.err != nil {
				return press{}, got.err
			}
			s.rest, alone = append(s.rest, got.data...), nil
		case <-alone:
			ended = true
		case <-resized:
			return press{key: redraw}, nil
		case <-ctx.Done():
			return press{}, context.Cause(ctx)
		}
	}
}

// read is where the next byte comes. None is asked for before the list needs it: what a person types after their choice
// is for the next question.
func (s *screen) read() <-chan input {
	if s.pending == nil {
		pending := make(chan input, 1)
		s.pending = pending
		go func() {
			data := make([]byte, 1)
			n, err := s.in.Read(data)
			pending <- input{data[:n], err}
		}()
	}
	return s.pending
}
