package devstack

import (
	"context"
	"errors"
	"os"
	"time"
)

// The pauses between attempts to restart a server: doubled from the minimum to the
// maximum, and reset once the server has run for restartReset.
const (
	restartMinPause = time.Second
	restartMaxPause = 10 * time.Second
	restartReset    = time.Minute
)

// backoff paces the attempts to restart a server that has failed.
type backoff struct {
	pause time.Duration
	last  time.Time // when the last pause ended
}

// wait waits until the next attempt is due. It returns false if ctx ends before that.
func (b *backoff) wait(ctx context.Context) bool {
	if b.pause = min(2*b.pause, restartMaxPause); b.pause == 0 || time.Since(b.last) > restartReset {
		b.pause = restartMinPause
	}
	select {
	case <-time.After(b.pause):
		b.last = time.Now()
		return true
	case <-ctx.Done():
		return false
	}
}

// minRoom is how many bytes a folder must have room for before a server whose disk was
// full is restarted on it: to recover its streams, and for waiting messages.
const minRoom = 1 << 20

// checkWritable writes and removes a file of minRoom in a folder.
func checkWritable(dir string) (err error) {
	file, err := os.CreateTemp(dir, ".room-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	if _, err := file.Write(make([]byte, minRoom)); err != nil {
		return err
	}
	return file.Sync()
}
