package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// shown is how many changes are shown to the browsers.
const shown = 50

// live measures how long a change takes from its request to every browser that
// follows the events.
func live(ctx context.Context, p *portal, s settings) ([]row, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	id, err := p.write(ctx, http.MethodPost, "/api/services", map[string]any{"name": "billing"})
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 0, DisableCompression: true}}
	seen := make(chan time.Time, s.viewers*shown)
	var viewers sync.WaitGroup
	defer viewers.Wait()
	defer stop()
	for range s.viewers {
		body, err := follow(ctx, client, p.api+"/api/events")
		if err != nil {
			return nil, err
		}
		viewers.Go(func() {
			for body.Scan() {
				if body.Text() == "event: service.updated" {
					seen <- time.Now()
				}
			}
		})
	}
	var took []time.Duration
	for i := range shown {
		began := time.Now()
		if _, err := p.write(ctx, http.MethodPatch, "/api/services/"+id, map[string]any{"description": fmt.Sprint(i)}); err != nil {
			return nil, err
		}
		for range s.viewers {
			select {
			case at := <-seen:
				took = append(took, at.Sub(began))
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(time.Minute):
				return nil, fmt.Errorf("a browser was not told of change %d", i)
			}
		}
	}
	return []row{{
		fmt.Sprintf("a change to %d browsers", s.viewers), quantiles(took),
		fmt.Sprintf("%d changes; from the request's start to each browser", shown),
	}}, nil
}

// follow opens an event stream and returns it after its hello.
func follow(ctx context.Context, client *http.Client, url string) (*bufio.Scanner, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req) //nolint:bodyclose // ends with ctx, which its reader does not outlive
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "event: hello") {
			return lines, nil
		}
	}
	return nil, fmt.Errorf("GET %s: no hello: %w", url, lines.Err())
}
