package devstack

import (
	"errors"
	"fmt"
	"log/slog"
)

// natsLog passes the server's log to slog. What the server calls fatal it only
// logs, and goes on without: fatal hears the first of them.
type natsLog struct {
	log   *slog.Logger
	fatal chan string
}

func (l *natsLog) Noticef(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l *natsLog) Warnf(format string, v ...any)   { l.log.Warn(fmt.Sprintf(format, v...)) }
func (l *natsLog) Errorf(format string, v ...any)  { l.log.Error(fmt.Sprintf(format, v...)) }
func (l *natsLog) Debugf(string, ...any)           {}
func (l *natsLog) Tracef(string, ...any)           {}

func (l *natsLog) Fatalf(format string, v ...any) {
	select {
	case l.fatal <- fmt.Sprintf(format, v...):
	default:
	}
}

// failed returns the first fatal message, as an error, if there was one.
func (l *natsLog) failed() error {
	select {
	case reason := <-l.fatal:
		return errors.New(reason)
	default:
		return nil
	}
}
