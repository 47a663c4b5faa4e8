package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// listServices and listers are the load of the list's measurement.
const (
	listServices = 1000
	listers      = 16
	listTime     = 5 * time.Second
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
		r, err := hammer(ctx, p.api+"/api/services", v.what, v.header)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// hammer asks as fast as it can from some connections at once.
func hammer(ctx context.Context, url, what string, header http.Header) (row, error) {
	ctx, cancel := context.WithTimeout(ctx, listTime)
	defer cancel()
	var (
		wg     sync.WaitGroup
		took   [listers][]time.Duration
		failed atomic.Value
		bytes  atomic.Int64
	)
	for i := range listers {
		wg.Go(func() {
			for ctx.Err() == nil {
				began := time.Now()
				_, n, err := ask(ctx, url, header)
				if err != nil {
					if ctx.Err() == nil {
						failed.Store(err)
					}
					return
				}
				took[i] = append(took[i], time.Since(began))
				bytes.Store(n)
			}
		})
	}
	wg.Wait()
	if err, _ := failed.Load().(error); err != nil {
		return row{}, err
	}
	var all []time.Duration
	for _, t := range took {
		all = append(all, t...)
	}
	return row{
		what:   fmt.Sprintf("list of %d services, %s", listServices, what),
		figure: fmt.Sprintf("%.0f requests/s, %s", float64(len(all))/listTime.Seconds(), quantiles(all)),
		how:    fmt.Sprintf("%d connections for %.0f s; %d KB each", listers, listTime.Seconds(), bytes.Load()>>10),
	}, nil
}

var lister = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: listers, DisableCompression: true}}

// ask returns the ETag and the size of an answer, which must be 200 or 304.
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
	want := http.StatusOK
	if header.Get("If-None-Match") != "" {
		want = http.StatusNotModified
	}
	if err == nil && resp.StatusCode != want {
		err = fmt.Errorf("GET %s: %s, want %d", url, resp.Status, want)
	}
	return resp.Header.Get("ETag"), size, err
}
