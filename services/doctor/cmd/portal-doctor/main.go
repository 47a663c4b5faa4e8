// Command portal-doctor finds out why a portal, of any edition, does not work. It is
// `dev-portal doctor` as a separate small program, for portals that run elsewhere.
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
