package devstack

import (
	"context"
	"errors"
	"os"
	"time"
)

// The pauses between the tries to start a server again: doubled from the first to
// the most, and from the first again once the server has run for a while.
const (
	againFirst = time.Second
	againMost  = 10 * time.Second
	againCalm  = time.Minute
)

// again paces the tries to start a server that has failed.
type again struct {
	pause time.Duration
	last  time.Time // when the last pause ended
}

// wait returns false if ctx ends before the next try may be made.
func (a *again) wait(ctx context.Context) bool {
	if a.pause = min(2*a.pause, againMost); a.pause == 0 || time.Since(a.last) > againCalm {
		a.pause = againFirst
	}
	select {
	case <-time.After(a.pause):
		a.last = time.Now()
		return true
	case <-ctx.Done():
		return false
	}
}

// roomProof is what a folder must take before a server whose disk was full is
// started on it again: room to recover its streams, and for what waits.
const roomProof = 1 << 20

// writable proves by doing it that files can be stored in a folder.
func writable(dir string) (err error) {
	file, err := os.CreateTemp(dir, ".room-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	if _, err := file.Write(make([]byte, roomProof)); err != nil {
		return err
	}
	return file.Sync()
}
