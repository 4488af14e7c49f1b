package main

import (
	"encoding/binary"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// watch counts what happens to the files of some folders, so that a kill can be aimed at it.
type watch struct {
	file *os.File

	mu     sync.Mutex
	seen   int
	alarms map[int][]chan struct{} // by the count at which they go off
}

func newWatch(dirs ...string) (*watch, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, os.NewSyscallError("inotify_init1", err)
	}
	w := &watch{file: os.NewFile(uintptr(fd), "inotify"), alarms: map[int][]chan struct{}{}}
	for _, dir := range dirs {
		const changes = unix.IN_CREATE | unix.IN_MODIFY | unix.IN_ATTRIB |
			unix.IN_CLOSE_WRITE | unix.IN_MOVED_TO | unix.IN_DELETE
		if _, err := unix.InotifyAddWatch(fd, dir, changes); err != nil {
			w.close()
			return nil, os.NewSyscallError("inotify_add_watch", err)
		}
	}
	go w.run()
	return w, nil
}

// run counts until the watch is closed.
func (w *watch) run() {
	data := make([]byte, 1<<16)
	for {
		n, err := w.file.Read(data)
		if err != nil {
			return
		}
		for event := data[:n]; len(event) >= unix.SizeofInotifyEvent; {
			name := binary.NativeEndian.Uint32(event[12:]) // the length of the name that follows
			event = event[unix.SizeofInotifyEvent+name:]
			w.count()
		}
	}
}

func (w *watch) count() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen++
	for _, alarm := range w.alarms[w.seen] {
		close(alarm)
	}
	delete(w.alarms, w.seen)
}

// total is how many changes there were.
func (w *watch) total() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen
}

// after returns a channel that is closed with the n-th change from now.
func (w *watch) after(n int) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	alarm := make(chan struct{})
	w.alarms[w.seen+n] = append(w.alarms[w.seen+n], alarm)
	return alarm
}

// forget drops the alarms that did not go off.
func (w *watch) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.alarms)
}

func (w *watch) close() { _ = w.file.Close() }
