// Package web serves the page in public/ from the binary, in the same way as nginx serves
// it from a folder with nginx.conf.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

//go:embed public
var public embed.FS

//go:embed nginx.conf
var nginxConf string

const (
	notFoundPage = "/404.html"
	healthPath   = "/health"
	worthGzip    = 256 // bytes: nginx.conf's gzip_min_length
)

// fixedHeader matches the headers that nginx.conf adds to every answer.
var fixedHeader = regexp.MustCompile(`(?m)^\s*add_header (\S+) "(.+)" always;$`)

// Handler serves the page as nginx.conf does, with its headers, caching and
// compression: GET and HEAD of the files, of addresses without a dot, which are the
// page's own, and of /health; 404 or 405 for everything else. The files are read and
// compressed once, here.
func Handler() http.Handler {
	assets, err := load(public)
	if err != nil {
		panic(fmt.Sprintf("web: the embedded page: %v", err)) // impossible: the files were embedded at build time
	}
	headers := make(http.Header)
	for _, match := range fixedHeader.FindAllStringSubmatch(nginxConf, -1) {
		headers.Set(match[1], match[2])
	}
	return &site{assets: assets, headers: headers}
}

// contentTypes are used instead of package mime, whose types depend on the machine.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml; charset=utf-8",
}

// asset is a file in both encodings.
type asset struct {
	contentType string
	plain, gzip content // gzip is empty if the file is too small
}

type content struct {
	body []byte
	etag string
}

func load(files fs.FS) (map[string]asset, error) {
	assets := make(map[string]asset)
	err := fs.WalkDir(files, "public", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		made, err := newAsset(path.Ext(name), body)
		assets[strings.TrimPrefix(name, "public")] = made
		return err
	})
	return assets, err
}

func newAsset(extension string, body []byte) (asset, error) {
	sum := sha256.Sum256(body)
	tag := strconv.Quote(hex.EncodeToString(sum[:12]))
	made := asset{contentType: contentTypes[extension], plain: content{body, tag}}
	if len(body) < worthGzip {
		return made, nil
	}
	var packed bytes.Buffer
	zip, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return made, err
	}
	_, err = zip.Write(body)
	err = errors.Join(err, zip.Close())
	made.gzip = content{packed.Bytes(), "W/" + tag} // weak as in nginx: other bytes, the same content
	return made, err
}

type site struct {
	assets  map[string]asset
	headers http.Header
}

// ServeHTTP answers one request.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	for name, values := range s.headers {
		h[name] = values
	}
	h.Set("Cache-Control", "no-cache")
	if r.URL.Path == healthPath {
		h.Set("Cache-Control", "no-store")
	}
	found, ok := s.assets[file(r.URL.Path)]
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		h.Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusMethodNotAllowed)
		fmt.Fprintln(w, "Only GET and HEAD are answered here.")
	case r.URL.Path == healthPath:
		h.Set("Content-Type", "application/json")
		fmt.Fprintln(w, `{"status":"ok"}`)
	case !ok || r.URL.Path == notFoundPage:
		s.notFound(w, r)
	default:
		s.serve(w, r, found)
	}
}

// file returns the file to serve for a path: the page for addresses without a dot, which
// may be the page's own, otherwise the file of that name.
func file(path string) string {
	if strings.Contains(path, ".") || path == "/api" || strings.HasPrefix(path, "/api/") {
		return path
	}
	return "/index.html"
}

func (s *site) serve(w http.ResponseWriter, r *http.Request, a asset) {
	form := choose(w.Header(), a, r)
	w.Header().Set("ETag", form.etag)
	if w.Header().Get("Content-Encoding") != "" { // a range would refer to the compressed bytes
		r = r.Clone(r.Context())
		r.Header.Del("Range")
		w.Header().Set("Content-Length", strconv.Itoa(len(form.body)))
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(form.body))
}

// notFound answers 404 without an ETag: a missing file is not revalidated.
func (s *site) notFound(w http.ResponseWriter, r *http.Request) {
	form := choose(w.Header(), s.assets[notFoundPage], r)
	w.Header().Set("Content-Length", strconv.Itoa(len(form.body)))
	w.WriteHeader(http.StatusNotFound)
	if r.Method != http.MethodHead {
		_, _ = w.Write(form.body) // fails only if the client is gone
	}
}

// choose returns the content of an asset in an encoding that the client accepts, and sets
// the headers for it.
func choose(h http.Header, a asset, r *http.Request) content {
	h.Set("Content-Type", a.contentType)
	if len(a.gzip.body) == 0 {
		return a.plain
	}
	h.Set("Vary", "Accept-Encoding")
	if !acceptsGzip(r.Header.Get("Accept-Encoding")) {
		return a.plain
	}
	h.Set("Content-Encoding", "gzip")
	return a.gzip
}

// acceptsGzip reports whether Accept-Encoding names gzip with a weight other than 0.
func acceptsGzip(header string) bool {
	for _, coding := range strings.Split(header, ",") {
		name, parameter, _ := strings.Cut(coding, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			_, weight, weighted := strings.Cut(parameter, "q=")
			q, err := strconv.ParseFloat(strings.TrimSpace(weight), 64)
			return !weighted || (err == nil && q > 0)
		}
	}
	return false
}
