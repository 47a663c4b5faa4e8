// Command portal-doctor finds out why a portal, of whichever edition, does not work:
// `dev-portal doctor` as a small program of its own, for who runs the portal elsewhere.
package main

import (
	"fmt"
	"os"

	"github.com/dev-portal/dev-portal/services/doctor"
)

var (
	version = "dev"     // set by the linker, from git describe
	commit  = "unknown" // set by the linker, from git rev-parse
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Println(version, commit)
		return
	}
	os.Exit(doctor.Main("portal-doctor", version, os.Args[1:]))
}
