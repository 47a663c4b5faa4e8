package standalone_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// lockedLog is a log that is read while it is written.
type lockedLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// onCallNow returns a calendar in which somebody is on call for hours.
func onCallNow(name string) string {
	from := time.Now().UTC().Truncate(time.Hour)
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:" + from.Format("20060102T150405Z") +
		"\r\nDURATION:PT12H\r\nATTENDEE;CN=" + name + ":mailto:on-call@example.com\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
}

// Who is on call goes the whole way: from a calendar, by the fetcher, NATS and catalog-api, to
// those who read the API. The address of the calendar goes nowhere else than to the fetcher.
func TestWhoIsOnCallByACalendar(t *testing.T) {
	const secret = "hunter2"
	calendars := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ok := strings.CutPrefix(r.URL.Path, "/"+secret+"/")
		if !ok || name == "nobody" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		fmt.Fprint(w, onCallNow(name))
	}))
	t.Cleanup(calendars.Close)
	cfg := config(t)
	cfg.CalendarsEvery = time.Hour
	var log lockedLog
	cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	portal := start(t, cfg)
	read := func(name string) {
		t.Helper()
		call(t, "PATCH", portal.at.API+"/teams/payments", `{"on_call":{"kind":"calendar","calendar":{"url":"`+calendars.URL+"/"+secret+"/"+name+`"}}}`, http.StatusOK)
	}
	shown := func() string {
		answer := call(t, "GET", portal.at.API+"/teams/payments/oncall", "", http.StatusOK)
		text := fmt.Sprint(answer["feed"].(map[string]any)["problem"])
		for _, shift := range answer["now"].([]any) {
			text += " " + shift.(map[string]any)["person"].(map[string]any)["name"].(string)
		}
		return text
	}
	until := func(want string) {
		t.Helper()
		deadline := time.Now().Add(60 * time.Second)
		for shown() != want {
			if time.Now().After(deadline) {
				t.Fatalf("shown is %s, want %s\n%s", shown(), want, log.String())
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	call(t, "POST", portal.at.API+"/teams", `{"name":"Payments"}`, http.StatusCreated)
	read("Ada")
	until("<nil> Ada")
	read("Grace") // another calendar is read at once
	until("<nil> Grace")
	read("nobody")
	until("not_found")
	read("Ada")
	until("<nil> Ada")

	// A calendar that cannot be read any more leaves its shifts, and says so.
	portal.stop()
	calendars.Close()
	portal = start(t, cfg)
	until("unreachable Ada")

	for _, path := range []string{"/teams", "/teams/payments", "/teams/payments/oncall", "/teams/payments/oncall/shifts", "/oncall", "/teams/payments/timeline", "/audit", "/openapi.json"} {
		if text := get(t, portal.at.API+path); strings.Contains(text, secret) || path == "/teams/payments/oncall" && !strings.Contains(text, "Ada") {
			t.Errorf("%s has the secret, or lacks what it should have: %s", path, text)
		}
	}
	metrics := get(t, portal.at.Metrics)
	if !strings.Contains(metrics, "portal_fetcher_calendar_readings_total") || strings.Contains(metrics, secret) {
		t.Error("the metrics have the secret, or lack those of calendars")
	}
	portal.stop()
	if strings.Contains(log.String(), secret) || !strings.Contains(log.String(), "calendar not read") {
		t.Errorf("the log has the secret, or lacks the problem:\n%s", log.String())
	}
	if found := filesWith(t, filepath.Join(cfg.Dir, "nats"), secret); len(found) > 0 {
		t.Errorf("NATS has kept the secret in %v", found)
	}
	if found := filesWith(t, filepath.Join(cfg.Dir, "nats"), "on-call@example.com"); len(found) == 0 {
		t.Error("NATS has not kept the shifts where this test looks")
	}
}

// filesWith returns the files in a folder that have a word.
func filesWith(t *testing.T, dir, word string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil && bytes.Contains(data, []byte(word)) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
