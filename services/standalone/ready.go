package standalone

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	_ "github.com/lib/pq" // to check --database-url before the services use it
)

// databaseTimeout is how long an external database may take to answer at the start.
const databaseTimeout = 10 * time.Second

// awaitOK polls url until the answer is 200, or ctx ends.
func awaitOK(ctx context.Context, url string) error {
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	client := &http.Client{Timeout: time.Second}
	for askOne(ctx, client, url) != nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// askOne returns an error with the body of the answer unless its status is 200.
func askOne(ctx context.Context, client *http.Client, url string) (err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := client.Do(req)
	if err != nil {
		return errors.New("it does not answer")
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	if res.StatusCode == http.StatusOK {
		return nil
	}
	words, err := io.ReadAll(io.LimitReader(res.Body, 1<<10))
	if err != nil {
		return err
	}
	return errors.New(strings.TrimSpace(string(words)))
}

// pingDatabase checks an external database. Its errors never contain the password.
func pingDatabase(ctx context.Context, databaseURL string) error {
	ctx, cancel := context.WithTimeout(ctx, databaseTimeout)
	defer cancel()
	db, err := sql.Open("postgres", databaseURL)
	if err == nil {
		err = errors.Join(db.PingContext(ctx), db.Close())
	}
	if err == nil {
		return nil
	}
	reason := err.Error()
	if u, parseErr := url.Parse(databaseURL); parseErr == nil {
		if password, set := u.User.Password(); set && password != "" {
			reason = strings.NewReplacer(password, "…", url.QueryEscape(password), "…").Replace(reason)
		}
	}
	return fmt.Errorf("the database of --database-url cannot be used: %s", reason)
}

// baseURL returns the URL by which a program on this machine reaches a listener.
func baseURL(addr net.Addr) string {
	tcp, isTCP := addr.(*net.TCPAddr)
	if !isTCP {
		return "http://" + addr.String()
	}
	host := tcp.IP
	if host.IsUnspecified() {
		host = net.IPv4(127, 0, 0, 1)
	}
	return "http://" + (&net.TCPAddr{IP: host, Port: tcp.Port, Zone: tcp.Zone}).String()
}
