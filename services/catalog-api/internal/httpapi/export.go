package httpapi

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

const csvType = "text/csv"

// exports adds the routes that give as CSV what others give as JSON.
func (a *API) exports(r *rest.API) {
	const one = rest.Prefix + "/services/{id}"
	up := newUptime(exampleWindow(), newSeen(exampleTime), 1)

	export(r, exported[historyInput, historyOutput]{
		id: "export-history", path: one + "/history.csv", summary: "Export what was measured", what: "what was measured of the service",
		read: a.readHistory, table: (*historyOutput).table, example: historyOutput{exampleHistory()},
	})
	export(r, exported[uptimeInput, uptimeOutput]{
		id: "export-uptime", path: one + "/uptime.csv", summary: "Export the uptime of a service", what: "the uptime of the service",
		read: a.readUptime, table: (*uptimeOutput).table, example: uptimeOutput{uptimeList{Items: []Uptime{up}}},
	})
	export(r, exported[timelineInput, timelineOutput]{
		id: "export-timeline", path: one + "/timeline.csv", summary: "Export the timeline of a service", what: "what befell the service",
		read: a.readTimeline, table: (*timelineOutput).table, example: timelineOutput{Body: exampleTimeline()},
		next: func(out *timelineOutput) string { return out.Link },
	})
	export(r, exported[uptimesInput, uptimesOutput]{
		id: "export-uptimes", path: rest.Prefix + "/uptime.csv", summary: "Export the uptime of all services", what: "the uptime of each service",
		read: a.listUptimes, table: (*uptimesOutput).table,
		example: uptimesOutput{portalUptime{Items: []serviceUptime{{exampleService().ID, "billing", "Payments", up}}}},
	})
}

// exported is a read whose answer is also there as a table.
type exported[I, O any] struct {
	id, path, summary, what string

	read    func(context.Context, *I) (*O, error)
	table   func(*O) [][]string
	next    func(*O) string // the header Link; nil: it has no pages
	example O
}

type csvOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Link        string `header:"Link"`
	Body        []byte
}

// export adds a route that answers as a read does, as a table.
func export[I, O any](r *rest.API, e exported[I, O]) {
	example, err := asCSV(e.table(&e.example))
	if err != nil {
		panic(err) // the example is ours
	}
	op := historical(e.id, e.path, e.summary, fmt.Sprintf("A table of %s, as CSV (RFC 4180) with names of the columns in the first line. "+
		"It takes the same parameters as %s, and gives the same. A cell that a spreadsheet might take as a formula begins with an apostrophe.",
		e.what, strings.TrimSuffix(e.path, ".csv")))
	op.Responses = map[string]*huma.Response{"200": {Description: "The table.", Content: map[string]*huma.MediaType{
		csvType: {Schema: &huma.Schema{Type: huma.TypeString}, Example: string(example)},
	}}}
	rest.Register(r, op, func(ctx context.Context, in *I) (*csvOutput, error) {
		out, err := e.read(ctx, in)
		if err != nil {
			return nil, err
		}
		body, err := asCSV(e.table(out))
		if err != nil {
			return nil, err
		}
		answer := &csvOutput{
			ContentType: csvType + "; charset=utf-8; header=present", Body: body,
			Disposition: fmt.Sprintf("attachment; filename=%q", path.Base(e.path)),
		}
		if e.next != nil {
			answer.Link = e.next(out)
		}
		return answer, nil
	}, rest.Problems(rest.Malformed, rest.NotFound, rest.Invalid))
}

// asCSV returns a table as RFC 4180 says. Texts that people wrote may look like a formula to
// the program that opens it: an apostrophe makes them text.
func asCSV(rows [][]string) ([]byte, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	for _, row := range rows {
		for i, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) && !isNumber(cell) {
				row[i] = "'" + cell
			}
		}
		if err := w.Write(row); err != nil {
			return nil, fmt.Errorf("write CSV: %w", err)
		}
	}
	w.Flush()
	return out.Bytes(), w.Error()
}

func isNumber(cell string) bool {
	_, err := strconv.ParseFloat(cell, 64)
	return err == nil
}

func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

func decimal(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

var seenColumns = []string{"observed_s", "healthy_s", "degraded_s", "down_s"}

func (s Seen) cells() []string {
	return []string{decimal(s.Observed), decimal(s.Healthy), decimal(s.Degraded), decimal(s.Down)}
}

func (out *historyOutput) table() [][]string {
	if out.Body.Step == "probe" {
		rows := [][]string{{"at", "status", "reason", "http_status", "latency_ms"}}
		for _, p := range out.Body.Probes {
			rows = append(rows, []string{stamp(p.At), string(p.Status), string(p.Reason), unlessZero(int64(p.HTTPStatus)), unlessZero(p.LatencyMS)})
		}
		return rows
	}
	rows := [][]string{append(append([]string{"at", "probes", "missed"}, seenColumns...),
		"latency_count", "latency_mean_ms", "latency_min_ms", "latency_max_ms", "latency_p50_ms", "latency_p95_ms")}
	for _, b := range out.Body.Buckets {
		row := append([]string{stamp(b.At), strconv.Itoa(b.Probes), strconv.Itoa(b.Missed)}, b.cells()...)
		rows = append(rows, append(row, b.Latency.cells()...))
	}
	return rows
}

// cells are empty if there were no answers.
func (l *latency) cells() []string {
	if l == nil {
		return make([]string, 6)
	}
	return []string{
		strconv.FormatInt(l.Count, 10), decimal(l.Mean), strconv.FormatInt(l.Min, 10), strconv.FormatInt(l.Max, 10), decimal(l.P50), decimal(l.P95),
	}
}

func unlessZero(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

var uptimeColumns = append([]string{"window", "from", "to", "uptime", "coverage"}, seenColumns...)

// cells has an empty uptime if nobody looked.
func (u Uptime) cells() []string {
	part := ""
	if u.Part != nil {
		part = decimal(*u.Part)
	}
	return append([]string{u.Window, stamp(u.From), stamp(u.To), part, decimal(u.Coverage)}, u.Seen.cells()...)
}

func (out *uptimeOutput) table() [][]string {
	rows := [][]string{uptimeColumns}
	for _, u := range out.Body.Items {
		rows = append(rows, u.cells())
	}
	return rows
}

func (out *uptimesOutput) table() [][]string {
	rows := [][]string{append([]string{"id", "name", "team"}, uptimeColumns...)}
	for _, svc := range out.Body.Items {
		rows = append(rows, append([]string{svc.ID, svc.Name, svc.Team}, svc.cells()...))
	}
	return rows
}

var timelineColumns = []string{
	"at", "kind", "from", "to", "reason", "http_status", "location", "until", "deed", "by", "field", "before", "after",
	"version", "environment", "url", "after_kind", "after_at", "after_what",
}

// line is a row of the timeline; a column that it lacks is empty.
type line map[string]string

func (l line) cells() []string {
	cells := make([]string, len(timelineColumns))
	for i, name := range timelineColumns {
		cells[i] = l[name]
	}
	return cells
}

// table has a row for each change of the status, each deployment and release, and each field
// that somebody changed.
func (out *timelineOutput) table() [][]string {
	rows := [][]string{timelineColumns}
	for _, m := range out.Body.Items {
		for _, l := range m.lines() {
			l["at"], l["kind"] = stamp(m.At), m.Kind
			rows = append(rows, l.cells())
		}
	}
	return rows
}

func (m moment) lines() []line {
	switch {
	case m.Status != nil:
		return []line{m.Status.line()}
	case m.Deployment != nil:
		return []line{m.Deployment.line()}
	case m.Release != nil:
		return []line{m.Release.line()}
	case m.Change != nil:
		return m.Change.lines()
	}
	return nil
}

func (s *statusChange) line() line {
	l := line{
		"from": string(s.From), "to": string(s.To), "reason": string(s.Reason), "http_status": unlessZero(int64(s.HTTPStatus)), "location": s.Location,
	}
	if s.Until != nil {
		l["until"] = stamp(*s.Until)
	}
	if s.After != nil {
		l["after_kind"], l["after_at"] = s.After.Kind, stamp(s.After.At)
		l["after_what"] = cmp.Or(s.After.Version, strings.Join(s.After.Changed, " "))
	}
	return l
}

func (d *deployedThing) line() line {
	return line{"deed": string(d.Action), "by": d.By, "version": d.Version, "environment": d.Environment, "url": d.URL}
}

func (r *releaseFacts) line() line {
	return line{"deed": "published", "by": r.Author, "version": r.Tag, "url": r.URL}
}

// lines has one for each field; who did it and what is in each.
func (e *entry) lines() (lines []line) {
	by := strings.TrimSpace(string(e.Actor.Kind) + " " + e.Actor.Name)
	for _, c := range e.Changes {
		lines = append(lines, line{"deed": string(e.Deed), "by": by, "field": c.Field, "before": cell(c.Before), "after": cell(c.After)})
	}
	if len(lines) == 0 {
		lines = []line{{"deed": string(e.Deed), "by": by}}
	}
	return lines
}

// cell returns the value of a field: a text as it is, tags as JSON.
func cell(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	}
	text, err := json.Marshal(value)
	if err != nil {
		return "" // values of fields are texts and lists of texts
	}
	return string(text)
}
