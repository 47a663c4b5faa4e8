// Command provider is the provider of OpenID Connect of the browser's tests. It listens on a
// free port of this machine, prints its address, and serves until its standard input ends.
// Each line there is an order: put PERSON as JSON, or remove ID. It answers each with "ok".
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"log"
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
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	issuer := "http://" + listener.Addr().String()
	served, err := provider.New(issuer, client)
	if err != nil {
		log.Fatal(err)
	}
	served.GroupsInToken = true
	server := &http.Server{Handler: served, ReadHeaderTimeout: 10 * time.Second}
	go func() { log.Fatal(server.Serve(listener)) }()
	fmt.Println(issuer)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if err := obey(served, lines.Text()); err != nil {
			log.Fatal(err)
		}
		fmt.Println("ok")
	}
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
