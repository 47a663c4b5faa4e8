package devstack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// natsLog passes the server's log to slog. The server only logs fatal errors and
// continues; fatal receives the first of them.
type natsLog struct {
	log   *slog.Logger
	fatal chan string
}

func (l *natsLog) Noticef(format string, v ...any) { l.write(slog.LevelDebug, format, v) }
func (l *natsLog) Errorf(format string, v ...any)  { l.write(slog.LevelError, format, v) }
func (l *natsLog) Debugf(string, ...any)           {}
func (l *natsLog) Tracef(string, ...any)           {}

// Warnf logs a warning. The users' passwords are random and in a file for its owner alone,
// so that they are in plain text is no warning.
func (l *natsLog) Warnf(format string, v ...any) {
	level := slog.LevelWarn
	if strings.HasPrefix(format, "Plaintext") {
		level = slog.LevelDebug
	}
	l.write(level, format, v)
}

func (l *natsLog) Fatalf(format string, v ...any) {
	select {
	case l.fatal <- fmt.Sprintf(format, v...):
	default:
	}
}

func (l *natsLog) write(level slog.Level, format string, v []any) {
	l.log.Log(context.Background(), level, "NATS server", "message", fmt.Sprintf(format, v...))
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
