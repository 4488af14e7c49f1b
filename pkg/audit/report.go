package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// Report is what was found in files.
type Report struct {
	Findings []Finding
	Read     int // files that are kubeconfigs, or carry one, or were named
	Passed   int // files in folders that neither are a kubeconfig nor carry one
}

// Add puts the findings of more files into r.
func (r *Report) Add(more Report) {
	r.Findings = append(r.Findings, more.Findings...)
	r.Read += more.Read
	r.Passed += more.Passed
}

// Input is Path for what comes from the standard input.
func Input(stdin io.Reader) (Report, error) {
	data, err := atomicfile.ReadLimited(stdin, yamledit.MaxSize)
	if err != nil {
		return Report{}, fmt.Errorf("audit the standard input: %w", tooBig(err))
	}
	findings, err := auditFound(data, "", false)
	for i := range findings {
		findings[i].File, findings[i].Mode = "-", "-"
	}
	if err != nil {
		err = fmt.Errorf("audit the standard input: %w", err)
	}
	return Report{Findings: findings, Read: 1}, err
}

// Path returns every secret and Redirect in a kubeconfig, or in the kubeconfigs below a folder, in the order of the
// files. Symlinks below the folder are not followed. In a folder, what does not look like a kubeconfig is passed over;
// what looks like one is read, or read line by line where it is not YAML, or is part of the error, which comes with the
// findings in the rest.
func Path(path string) (Report, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Report{}, fmt.Errorf("audit %s: %w", hint.Path(path), cause(err))
	}
	if !info.IsDir() {
		return auditFile(path, false)
	}
	var report Report
	var failed []error
	err = filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			failed = append(failed, fmt.Errorf("audit %s: %w", hint.Path(path), cause(err)))
			return nil
		}
		if entry.IsDir() && entry.Name() == ".git" {
			return fs.SkipDir
		}
		if entry.Type().IsRegular() {
			more, err := auditFile(path, true)
			report.Add(more)
			failed = append(failed, err)
		}
		return nil
	})
	return report, errors.Join(append(failed, err)...)
}

// auditFile audits one file; if it is one of many, only what looks like a kubeconfig.
func auditFile(path string, many bool) (Report, error) {
	data, info, err := atomicfile.ReadInput(path, yamledit.MaxSize)
	if errors.Is(err, atomicfile.ErrTooBig) && many && !looksLikeKubeconfig(toUTF8(head(path))) {
		return Report{Passed: 1}, nil
	}
	if err != nil {
		return Report{}, fmt.Errorf("audit %s: %w", hint.Path(path), tooBig(err))
	}
	findings, err := auditFound(data, path, many)
	if errors.Is(err, errPassed) {
		return Report{Passed: 1}, nil
	}
	if err != nil {
		err = fmt.Errorf("audit %s: %w", hint.Path(path), err)
	}
	for i := range findings {
		f := &findings[i]
		f.File, f.Mode = path, fmt.Sprintf("%04o", info.Mode().Perm())
		if !f.Kind.Setting() && info.Mode().Perm()&0o077 != 0 && info.Mode().IsRegular() &&
			!atomicfile.OfSystem(path) && runtime.GOOS != "windows" {
			f.Advice += fmt.Sprintf("; until then keep others from reading it: chmod 600 %s", hint.Word(path))
		}
	}
	return Report{Findings: findings, Read: 1}, err
}

var (
	// errPassed is about a file of a folder that neither is a kubeconfig nor carries one.
	errPassed = errors.New("it is not a kubeconfig")
	errCut    = fmt.Errorf("unpacked %w; what is beyond was not read", yamledit.ErrTooBig)
)

// auditFound audits what a file of this name, or the standard input, holds.
func auditFound(data []byte, path string, many bool) (findings []Finding, err error) {
	u := newUnpacking()
	if isGzip(data) {
		if data = u.gunzip(data); u.cut() && many && !looksLikeKubeconfig(toUTF8(data[:64<<10])) {
			return nil, errPassed
		} else if u.cut() {
			return nil, errCut
		}
	}
	switch data = withoutSwap(toUTF8(data)); {
	case !many || looksLikeKubeconfig(data):
		findings, err = auditReadable(data, many && namedLikeText(path), many && namedLikeScript(path), u)
	case embedsKubeconfig(data) || isManifest(data) || holdsPacked(data):
		findings = auditOther(data, u)
	default:
		return nil, errPassed
	}
	if u.cut() {
		err = errors.Join(err, errCut)
	}
	return findings, err
}

// auditReadable audits a kubeconfig, or a text that quotes one.
func auditReadable(data []byte, text, script bool, u unpacking) ([]Finding, error) {
	script = script || bytes.HasPrefix(data, []byte("#!"))
	if _, err := documents(data); err != nil {
		if text || script {
			return auditWithin(data, script, true, u), nil
		}
		if quotesKubeconfig(data) {
			return auditWithin(data, true, false, u), nil
		}
	}
	return auditText(data, u)
}

// auditWithin audits a program, a page or another text that has a kubeconfig within: that itself, if it is used as it
// stands, and the lines around it.
func auditWithin(data []byte, used, onlyEvident bool, u unpacking) (findings []Finding) {
	if used {
		findings = auditQuoted(data, u)
	}
	lines := map[int]bool{}
	for _, f := range findings {
		lines[f.Line] = true
	}
	for _, f := range append(auditLines(data, onlyEvident), embeddedInLines(data, u)...) {
		if !lines[f.Line] {
			findings = append(findings, f)
		}
	}
	sortByLine(findings)
	return findings
}

// tooBig is the error of a reader with the limit.
func tooBig(err error) error {
	if errors.Is(err, atomicfile.ErrTooBig) {
		return yamledit.ErrTooBig
	}
	return err
}

// cause is the reason of an error on a file without the path, which the message has already.
func cause(err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err
	}
	return err
}

// head returns the beginning of a file that is too big to read.
func head(path string) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	data, _ := io.ReadAll(io.LimitReader(f, 64<<10))
	return data
}
