package httpapi

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"path"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
)

//go:embed docs
var docsFiles embed.FS

// docsPolicy lets the documentation load its own script and style and the
// description, and nothing else.
const docsPolicy = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"

// mediaTypes are not asked of the system, which knows different ones on each.
var mediaTypes = map[string]string{
	".js":  "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml",
}

// docsRoutes adds the description of the API and the page that shows it.
func (a *API) docsRoutes(r chi.Router, doc *huma.OpenAPI) {
	described, err := json.Marshal(doc)
	if err != nil {
		panic(err) // the document is made from our types alone
	}
	r.Get(prefix+"/openapi.json", fixed(jsonType, described))

	var page bytes.Buffer
	if err := template.Must(template.ParseFS(docsFiles, "docs/page.html")).Execute(&page, docsPage(a.Version)); err != nil {
		panic(err) // as above
	}
	r.Get(docsPath, document(fixed("text/html; charset=utf-8", page.Bytes())))
	for _, name := range []string{"docs.js", "docs.css", "icon.svg"} {
		content, err := docsFiles.ReadFile("docs/" + name)
		if err != nil {
			panic(err)
		}
		r.Get(docsPath+"/"+name, fixed(mediaTypes[path.Ext(name)], content))
	}
}

type docsKind struct {
	Slug, Title, About string
	Status             int
}

type docsData struct {
	Version string
	Kinds   []docsKind
}

func docsPage(version string) docsData {
	data := docsData{Version: version}
	for _, k := range kinds {
		data.Kinds = append(data.Kinds, docsKind{Slug: k.slug, Title: k.title, About: k.about, Status: k.status})
	}
	return data
}

// document gives a page the policy that a page needs.
func document(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", docsPolicy)
		next(w, r)
	}
}

// fixed serves content that stays the same while the program runs.
func fixed(contentType string, content []byte) http.HandlerFunc {
	tag := `"` + digest(content) + `"`
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", tag)
		if notModified(r.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(content) // the client has gone: nobody is left to be told
	}
}
