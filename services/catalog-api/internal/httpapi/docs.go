package httpapi

import (
	"embed"
	"fmt"
	"html"
	"net/http"
	"path"
	"strings"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

//go:embed docs
var docsFiles embed.FS

// docsPolicy lets the documentation load its own script and style and the
// description, and nothing else.
const docsPolicy = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"

// mediaTypes are fixed, because those of operating systems differ.
var mediaTypes = map[string]string{
	".js":  "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml",
}

// docs adds the description of the API and the page that shows it.
func (a *API) docs(r *rest.API) {
	r.Serve(rest.Prefix+"/openapi.json", fixed(rest.JSON, r.OpenAPI()))

	page, err := docsFiles.ReadFile("docs/page.html")
	if err != nil {
		panic(err) // it was embedded when this was built
	}
	filled := strings.NewReplacer("{{version}}", html.EscapeString(a.Version), "{{kinds}}", articles(rest.Kinds(kinds...))).Replace(string(page))
	r.Serve(rest.DocsPath, document(fixed("text/html; charset=utf-8", []byte(filled))))
	for _, name := range []string{"docs.js", "docs.css", "icon.svg"} {
		content, err := docsFiles.ReadFile("docs/" + name)
		if err != nil {
			panic(err)
		}
		r.Serve(rest.DocsPath+"/"+name, fixed(mediaTypes[path.Ext(name)], content))
	}
}

// articles returns what the page says of kinds of problems. Package html/template would do it, but a
// program that links it keeps every method of its types, since a template may call any: an image
// of a seventh more.
func articles(kinds []rest.KindDoc) string {
	var list strings.Builder
	for _, k := range kinds {
		slug, title, about := html.EscapeString(k.Slug), html.EscapeString(k.Title), html.EscapeString(k.About)
		fmt.Fprintf(&list, "<article>\n<h3 id=%q><code>%s</code> %s</h3>\n<p>Status %d. %s</p>\n</article>\n", slug, slug, title, k.Status, about)
	}
	return list.String()
}

// document sets docsPolicy on a page.
func document(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", docsPolicy)
		next(w, r)
	}
}

// fixed serves content that stays the same while the program runs.
func fixed(contentType string, content []byte) http.HandlerFunc {
	tag := rest.Quoted(rest.Digest(content))
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", tag)
		if rest.NotModified(r.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(content) // fails only if the client is gone
	}
}
