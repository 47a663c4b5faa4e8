// Command provider is the provider of OpenID Connect of the browser's tests. It listens on a
// free port of this machine, prints its address, and serves until its standard input ends.
// Each line there is an order: put PERSON as JSON, or remove ID. It answers each with "ok".
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/dev-portal/dev-portal/pkg/devstack/provider"
)

func main() {
	var client provider.Client
	flag.StringVar(&client.ID, "client", "dev-portal", "`id` of the client")
	flag.StringVar(&client.Secret, "secret", "", "its `secret`")
	flag.StringVar(&client.RedirectURI, "redirect", "", "the `URL` to which it may send people back")
	flag.Parse()
	if err := run(context.Background(), client, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves the provider until the orders end.
func run(ctx context.Context, client provider.Client, orders io.Reader, out io.Writer) error {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	issuer := "http://" + listener.Addr().String()
	served, err := provider.New(issuer, client)
	if err != nil {
		return err
	}
	served.GroupsInToken = true
	server := &http.Server{Handler: served, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	if _, err := fmt.Fprintln(out, issuer); err != nil {
		return err
	}
	for lines := bufio.NewScanner(orders); lines.Scan(); {
		if err := obey(served, lines.Text()); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, "ok"); err != nil {
			return err
		}
	}
	err = server.Close()
	if serveErr := <-ended; !errors.Is(serveErr, http.ErrServerClosed) {
		return serveErr
	}
	return err
}

func obey(p *provider.Provider, line string) error {
	order, rest, _ := strings.Cut(line, " ")
	switch order {
	case "put":
		var person provider.Person
		if err := json.Unmarshal([]byte(rest), &person); err != nil {
			return err
		}
		p.Put(person)
	case "remove":
		p.Remove(rest)
	default:
		return fmt.Errorf("%q is no order", line)
	}
	return nil
}
