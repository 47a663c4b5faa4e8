package catalogapi

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/apikey"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// KeysCommand is the command line that makes, lists and revokes API keys. It writes to the
// database, so whoever may connect to that is an admin: the first key comes from here.
type KeysCommand struct {
	Name string // as it was called: "dev-portal keys"

	// DatabaseURL returns the database, once the flags are parsed that Flags added, if any.
	DatabaseURL func() (string, error)
	Flags       func(*flag.FlagSet)

	Out, Err io.Writer
}

const keysUsage = `Usage:
  %[1]s create --name grafana [--role viewer] [--team payments]… [--expires 90d]
  %[1]s list
  %[1]s revoke NAME
  %[1]s generate

create prints the key, and nothing else, to the standard output: it is shown only now.
generate prints a new key for a file of keys (PORTAL_KEYS_FILE), and makes nothing of it yet.
`

// The exit codes.
const (
	keysOK     = 0
	keysFailed = 1
	keysUsed   = 2 // wrongly
)

// keysTimeout bounds the command; keysWait is how long it tries to reach the database.
const (
	keysTimeout = 30 * time.Second
	keysWait    = 5 * time.Second
)

// usageError is an error of how the command was called.
type usageError struct{ error }

// Run does what args say, and returns the exit code: 0, 1 if it failed, 2 for wrong usage.
func (c KeysCommand) Run(ctx context.Context, args []string) int {
	ctx, cancel := context.WithTimeout(ctx, keysTimeout)
	defer cancel()
	err := c.run(ctx, args)
	_, used := errors.AsType[usageError](err)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return keysOK
	case used:
		_, _ = fmt.Fprintf(c.Err, "%s: %v\n\n"+keysUsage, c.Name, err, c.Name)
		return keysUsed
	}
	_, _ = fmt.Fprintf(c.Err, "%s: %v\n", c.Name, err)
	return keysFailed
}

func (c KeysCommand) run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return usageError{errors.New("say what to do")}
	}
	do, known := map[string]func(context.Context, []string) error{
		"create": c.create, "list": c.list, "revoke": c.revoke, "generate": c.generate,
	}[args[0]]
	switch {
	case known:
		return do(ctx, args[1:])
	case strings.HasPrefix(args[0], "-h") || args[0] == "--help" || args[0] == "help":
		_, _ = fmt.Fprintf(c.Out, keysUsage, c.Name)
		return nil
	}
	return usageError{fmt.Errorf("there is no command %q", args[0])}
}

// parse parses the flags that add adds, and returns the arguments beside them, of which
// there must be so many.
func (c KeysCommand) parse(name string, args []string, add func(*flag.FlagSet), more int) ([]string, error) {
	flags := flag.NewFlagSet(c.Name+" "+name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // Run prints errors, once
	if c.Flags != nil {
		c.Flags(flags)
	}
	if add != nil {
		add(flags)
	}
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(c.Out)
		flags.Usage()
		return nil, err
	case err != nil:
		return nil, usageError{err}
	case flags.NArg() != more:
		return nil, usageError{fmt.Errorf("%s takes %d arguments beside its flags, not %d", name, more, flags.NArg())}
	}
	return flags.Args(), nil
}

// within does something with the database.
func (c KeysCommand) within(ctx context.Context, do func(*store.Store) error) (err error) {
	url, err := c.DatabaseURL()
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, store.Config{URL: url, Wait: keysWait, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return do(db)
}

func (c KeysCommand) create(ctx context.Context, args []string) (err error) {
	draft, role, expires := apikey.Draft{}, "", ""
	if _, err := c.parse("create", args, func(flags *flag.FlagSet) {
		flags.StringVar(&draft.Name, "name", "", "`name` of the program that uses it; required, and unique")
		flags.StringVar(&role, "role", access.Viewer.String(), "`role`: viewer, editor or admin")
		flags.Func("team", "a `team` whose services an editor may write; repeat it for several; without one: all", func(team string) error {
			draft.Teams = append(draft.Teams, team)
			return nil
		})
		flags.StringVar(&expires, "expires", "never", "`time` from now (90d, 12h), or a date, from which on it opens nothing")
	}, 0); err != nil {
		return err
	}
	if draft.Role, err = access.ParseRole(role); err != nil {
		return usageError{fmt.Errorf("--role: %w", err)}
	}
	if draft.ExpiresAt, err = expiry(expires, time.Now()); err != nil {
		return usageError{fmt.Errorf("--expires: %w", err)}
	}
	return c.within(ctx, func(db *store.Store) error {
		secret := apikey.NewSecret()
		key, err := db.CreateKey(ctx, access.CommandLine, draft, secret)
		switch {
		case errors.Is(err, catalog.ErrNameTaken):
			return fmt.Errorf("there is a key %q already: choose another name, or revoke that one", draft.Name)
		case err != nil:
			return err
		}
		_, _ = fmt.Fprintf(c.Err, "Key %s of role %s; %s. It is shown only now:\n", key.Name, key.Role, ending(key))
		_, err = fmt.Fprintln(c.Out, secret.Reveal())
		return err
	})
}

func ending(key apikey.Key) string {
	if key.ExpiresAt.IsZero() {
		return "it does not expire"
	}
	return "it expires at " + key.ExpiresAt.Format(time.RFC3339)
}

// expiry parses when a key expires: never, a duration such as 90d, or a date. Zero: never.
func expiry(text string, now time.Time) (time.Time, error) {
	if text == "never" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	if days, is := strings.CutSuffix(text, "d"); is {
		if n, err := strconv.Atoi(days); err == nil && n > 0 {
			return now.AddDate(0, 0, n), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(d), nil
	}
	return time.Time{}, fmt.Errorf("%.40q is no time: use one such as 90d, 12h, 2030-01-31 or never", text)
}

func (c KeysCommand) list(ctx context.Context, args []string) error {
	if _, err := c.parse("list", args, nil, 0); err != nil {
		return err
	}
	return c.within(ctx, func(db *store.Store) error {
		keys, err := db.Keys(ctx)
		if err != nil {
			return err
		}
		return c.print(keys)
	})
}

func (c KeysCommand) print(keys []apikey.Key) error {
	table := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "NAME\tROLE\tTEAMS\tMADE\tEXPIRES\tLAST USED\tFROM")
	for _, k := range keys {
		teams, from := strings.Join(k.Teams, ","), "-"
		if teams == "" {
			teams = "all"
		}
		if k.FromFile {
			from = "file"
		}
		_, _ = fmt.Fprintln(table, strings.Join([]string{
			k.Name, k.Role.String(), teams, day(k.CreatedAt), day(k.ExpiresAt), day(k.LastUsedAt), from,
		}, "\t"))
	}
	return table.Flush()
}

// day returns a time for the table; zero: never.
func day(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Format("2006-01-02 15:04")
}

func (c KeysCommand) revoke(ctx context.Context, args []string) error {
	names, err := c.parse("revoke", args, nil, 1)
	if err != nil {
		return err
	}
	return c.within(ctx, func(db *store.Store) error {
		keys, err := db.Keys(ctx)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(keys, func(k apikey.Key) bool {
			return catalog.NameKey(k.Name) == catalog.NameKey(names[0]) || k.ID == names[0]
		})
		if at < 0 {
			return fmt.Errorf("there is no key %q: list shows those that there are", names[0])
		}
		key := keys[at]
		err = db.RevokeKey(ctx, access.CommandLine, key.ID)
		switch {
		case errors.Is(err, apikey.ErrFromFile):
			return fmt.Errorf("the key %q is in the file of keys (PORTAL_KEYS_FILE): remove it there", key.Name)
		case err != nil:
			return err
		}
		_, err = fmt.Fprintf(c.Err, "Revoked %s. It opens nothing any more, and what it had open ends within a second.\n", key.Name)
		return err
	})
}

func (c KeysCommand) generate(_ context.Context, args []string) error {
	if _, err := c.parse("generate", args, nil, 0); err != nil {
		return err
	}
	_, err := fmt.Fprintln(c.Out, apikey.NewSecret().Reveal())
	return err
}
