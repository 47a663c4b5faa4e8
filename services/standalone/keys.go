package standalone

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"path/filepath"

	"github.com/dev-portal/dev-portal/pkg/devstack"
	catalogapi "github.com/dev-portal/dev-portal/services/catalog-api"
)

// KeysCommand returns the command line for the API keys of the portal that runs with the
// data folder of --data, or with the database of --database-url; the variables are as in
// ConfigFrom.
func KeysCommand(getenv func(string) string, out, errs io.Writer) catalogapi.KeysCommand {
	var dir, url string
	return catalogapi.KeysCommand{
		Name: "dev-portal keys", Out: out, Err: errs,
		Flags: func(flags *flag.FlagSet) {
			flags.StringVar(&dir, "data", cmp.Or(getenv("PORTAL_DATA"), defaultDir), "`folder` of the portal that runs [PORTAL_DATA]")
			flags.StringVar(&url, "database-url", "", "`URL` of its Postgres, if that is not a private one [PORTAL_DATABASE_URL]")
		},
		DatabaseURL: func() (string, error) {
			if url = cmp.Or(url, getenv("PORTAL_DATABASE_URL")); url != "" {
				return url, nil
			}
			found, err := devstack.RunningURL(filepath.Join(dir, postgresDir), "")
			if err != nil {
				return "", fmt.Errorf("%w: start the portal first, or name its folder with --data", err)
			}
			return found, nil
		},
	}
}
