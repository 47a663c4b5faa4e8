package service

import (
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/lmittmann/tint"
	"golang.org/x/term"
)

// NewLog returns a logger that writes text if out is a terminal, and JSON otherwise.
func NewLog(out *os.File) *slog.Logger {
	if term.IsTerminal(int(out.Fd())) {
		return slog.New(tint.NewTextHandler(out, &tint.Options{TimeFormat: time.TimeOnly, NoColor: os.Getenv("NO_COLOR") != ""}))
	}
	return slog.New(newJSON(out))
}

// newJSON returns a handler that writes durations in milliseconds, with "_ms" appended
// to their names.
func newJSON(out io.Writer) slog.Handler {
	return slog.NewJSONHandler(out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Value.Kind() == slog.KindDuration {
			return slog.Float64(a.Key+"_ms", float64(a.Value.Duration().Microseconds())/1000)
		}
		return a
	}})
}
