package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"
)

// The load of the list's two measurements: of a quiet portal, and of one that probes
// while others write into its database.
const (
	listServices  = 1000
	listers       = 16
	listTime      = 5 * time.Second
	busyListers   = 4
	busyTime      = 15 * time.Second
	unrelatedRate = 100 // transactions a second
)

// list measures the list of all services, as each open page asks for it.
func list(ctx context.Context, p *portal, _ settings) ([]row, error) {
	err := p.create(ctx, listServices, func(i int) map[string]any {
		return map[string]any{
			"name": fmt.Sprintf("service %04d", i), "team": fmt.Sprintf("team %d", i%20),
			"description": "Takes what comes in, keeps what matters, and hands on the rest.",
			"docs_url":    fmt.Sprintf("https://docs.example.com/%d", i), "github_url": fmt.Sprintf("https://github.com/example/%d", i),
			"tags": []string{"go", "tier-" + fmt.Sprint(i%3)}, "status": "healthy",
		}
	})
	if err != nil {
		return nil, err
	}
	plain := http.Header{"Accept-Encoding": {"identity"}}
	zipped := http.Header{"Accept-Encoding": {"gzip"}}
	tag, _, err := ask(ctx, p.api+"/api/services", zipped)
	if err != nil {
		return nil, err
	}
	known := http.Header{"Accept-Encoding": {"gzip"}, "If-None-Match": {tag}}
	var rows []row
	for _, v := range []struct {
		what   string
		header http.Header
	}{{"plain", plain}, {"gzip", zipped}, {"304", known}} {
		got, err := hammer(ctx, p.api+"/api/services", v.header, listers, listTime)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row{
			what:   fmt.Sprintf("list of %d services, %s", listServices, v.what),
			figure: got.figure(listTime),
			how:    fmt.Sprintf("%d connections for %.0f s; %d KB each", listers, listTime.Seconds(), got.size>>10),
		})
	}
	signed, err := listSignedIn(ctx, p, known)
	return append(rows, signed...), err
}

// listSignedIn compares requests with an API key, with a session and without, in turns, as
// the machine is not always as quiet.
func listSignedIn(ctx context.Context, p *portal, known http.Header) ([]row, error) {
	const turns, turn = 10, time.Second

	key, err := p.createKey(ctx)
	if err != nil {
		return nil, err
	}
	session, err := p.signIn(ctx, key)
	if err != nil {
		return nil, err
	}
	withKey, withSession := known.Clone(), known.Clone()
	withKey.Set("Authorization", "Bearer "+key)
	withSession.Set("Cookie", session)
	var anonymous, keyed, signed answers
	for range turns {
		for _, one := range []struct {
			header http.Header
			all    *answers
		}{{known, &anonymous}, {withKey, &keyed}, {withSession, &signed}} {
			got, err := hammer(ctx, p.api+"/api/services", one.header, listers, turn)
			if err != nil {
				return nil, err
			}
			one.all.took = append(one.all.took, got.took...)
		}
	}
	compare := func(what string, with answers) row {
		return row{
			what:   "list with " + what + ", 304",
			figure: fmt.Sprintf("%.2f times the cost of an anonymous one", float64(len(anonymous.took))/float64(len(with.took))),
			how:    fmt.Sprintf("%d and %d requests, %d times %.0f s each in turn; 1.10 is the target", len(with.took), len(anonymous.took), turns, turn.Seconds()),
		}
	}
	return []row{compare("an API key", keyed), compare("a session", signed)}, nil
}

// busyList measures the list of a large portal under its own probes, and while
// others write into its database what is none of its business.
func busyList(ctx context.Context, p *portal, s settings) (rows []row, err error) {
	if _, err := p.createProbed(ctx, s.services, "1m"); err != nil {
		return nil, err
	}
	db, err := p.startProbing(ctx, s.services)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	unrelated, stop := context.WithCancel(ctx)
	writing := make(chan error, 1)
	go func() { writing <- writeUnrelated(unrelated, db) }()
	defer func() {
		stop()
		err = errors.Join(err, <-writing)
	}()

	load := fmt.Sprintf("%d services every minute, %d unrelated transactions a second", s.services, unrelatedRate)
	zipped := http.Header{"Accept-Encoding": {"gzip"}}
	all, err := hammer(ctx, p.api+"/api/services", zipped, busyListers, busyTime)
	if err != nil {
		return nil, err
	}
	zipped.Set("If-None-Match", `"none yet"`)
	known, err := hammer(ctx, p.api+"/api/services", zipped, busyListers, busyTime)
	if err != nil {
		return nil, err
	}
	nothing, err := hammer(ctx, p.api+"/api/services?id=nobody", zipped, busyListers, busyTime)
	if err != nil {
		return nil, err
	}
	return []row{
		{"list under probes, gzip", all.figure(busyTime), fmt.Sprintf("%d connections; %d KB each; %s; p99 below 20 ms is the target", busyListers, all.size>>10, load)},
		{"list under probes, 304", known.figure(busyTime), fmt.Sprintf("likewise; %d answers were 200, as the list was a new one; p99 below 3 ms is the target", known.fresh)},
		{"a 304 that asks no database", nothing.figure(busyTime), "likewise: what the load leaves of the machine"},
	}, nil
}

// writeUnrelated writes until ctx ends.
func writeUnrelated(ctx context.Context, db *sqlx.DB) error {
	if _, err := db.ExecContext(ctx, `CREATE TABLE unrelated (at timestamptz)`); err != nil {
		return err
	}
	tick := time.NewTicker(time.Second / unrelatedRate)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if _, err := db.ExecContext(ctx, `INSERT INTO unrelated VALUES (now())`); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
}

// answers are what hammer got.
type answers struct {
	took  []time.Duration // of those that were asked for: 304 where there is a tag, else 200
	fresh int             // were 200 all the same, with a new tag
	size  int64           // of the last
}

func (a answers) figure(in time.Duration) string {
	return fmt.Sprintf("%.0f requests/s, %s", float64(len(a.took)+a.fresh)/in.Seconds(), quantiles(a.took))
}

// hammer asks as fast as it can, from some connections at once. With If-None-Match it
// goes on with the tag of each list that is new.
func hammer(ctx context.Context, url string, header http.Header, connections int, long time.Duration) (answers, error) {
	ctx, cancel := context.WithTimeout(ctx, long)
	defer cancel()
	var (
		g   errgroup.Group
		mu  sync.Mutex
		all answers
	)
	for range connections {
		g.Go(func() error {
			own, header := answers{}, header.Clone()
			conditional := header.Get("If-None-Match") != ""
			for {
				began := time.Now()
				tag, n, err := ask(ctx, url, header)
				if ctx.Err() != nil {
					break
				}
				if err != nil {
					return err
				}
				if conditional && tag != header.Get("If-None-Match") {
					header.Set("If-None-Match", tag)
					own.fresh++
					continue
				}
				own.took, own.size = append(own.took, time.Since(began)), n
			}
			mu.Lock()
			defer mu.Unlock()
			all = answers{append(all.took, own.took...), all.fresh + own.fresh, own.size}
			return nil
		})
	}
	return all, g.Wait()
}

var lister = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: listers, DisableCompression: true}}

// ask returns the ETag and the size of an answer, which must be 200 or, where there
// is a tag, may be 304; that is of the tag that was asked with.
func ask(ctx context.Context, url string, header http.Header) (etag string, size int64, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", 0, err
	}
	req.Header = header.Clone()
	resp, err := lister.Do(req)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	size, err = io.Copy(io.Discard, resp.Body)
	known := header.Get("If-None-Match")
	switch {
	case err != nil:
	case known != "" && resp.StatusCode == http.StatusNotModified:
		return known, size, nil
	case resp.StatusCode != http.StatusOK:
		err = fmt.Errorf("GET %s: %s", url, resp.Status)
	}
	return resp.Header.Get("ETag"), size, err
}
