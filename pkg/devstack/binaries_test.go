package devstack

import (
	"archive/zip"
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNewestCompleteInstallationIsChosen(t *testing.T) {
	root := t.TempDir()
	for _, version := range []string{"9.6", "15", "17"} {
		program(t, filepath.Join(root, version, "bin", "initdb"))
		program(t, filepath.Join(root, version, "bin", "postgres"))
	}
	program(t, filepath.Join(root, "18", "bin", "postgres")) // like a client package, without initdb

	got := installed(t.Context(), []string{filepath.Join(root, "*", "bin")})
	if want := filepath.Join(root, "17", "bin"); got != want {
		t.Errorf("took %q, want %q", got, want)
	}
}

func TestMajorVersionIsReadFromTheFolder(t *testing.T) {
	for dir, want := range map[string]int{
		"/usr/lib/postgresql/15/bin":                           15,
		"/usr/pgsql-17/bin":                                    17,
		"/opt/homebrew/opt/postgresql@16/bin":                  16,
		"/Applications/Postgres.app/Contents/Versions/18/bin":  18,
		"/Applications/Postgres.app/Contents/Versions/9.6/bin": 9,
		"/opt/elsewhere/bin":                                   0,
	} {
		if got := majorIn(dir); got != want {
			t.Errorf("%s: got %d, want %d", dir, got, want)
		}
	}
}

func TestDownloadBinaries(t *testing.T) {
	repository := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, ".jar") {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(jar(t))
	}))
	defer repository.Close()

	cache := filepath.Join(t.TempDir(), "bin")
	if err := download(t.Context(), cache, repository.URL); err != nil {
		t.Fatal(err)
	}
	if !complete(filepath.Join(cache, "bin")) {
		t.Error("the programs are not there")
	}
}

func TestFailedDownloadLeavesNothing(t *testing.T) {
	repository := httptest.NewServer(http.NotFoundHandler())
	defer repository.Close()

	cache := filepath.Join(t.TempDir(), "bin")
	if err := download(t.Context(), cache, repository.URL); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(cache); err == nil {
		t.Error("there is a folder")
	}
}

// jar returns an archive in the library's format, of programs that only fail.
func jar(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/binaries.txz")
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	archive := zip.NewWriter(&buf)
	w, err := archive.Create("postgres.txz")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func program(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}
