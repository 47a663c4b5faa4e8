package apikey_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/apikey"
)

func TestSecretsAreRandomAndChecked(t *testing.T) {
	form := regexp.MustCompile(`^dvp_[0-9A-Za-z]{38}$`)
	seen := map[string]bool{}
	for range 1000 {
		secret := apikey.NewSecret()
		text := secret.Reveal()
		if !form.MatchString(text) || seen[text] {
			t.Fatalf("got %q", text)
		}
		seen[text] = true
		read, err := apikey.ParseSecret(text)
		if err != nil || read != secret || read.Hash() != secret.Hash() {
			t.Fatalf("%q is read as %q: %v", text, read.Reveal(), err)
		}
	}
}

// The checksum is part of the contract: scanners for secrets compute it.
func TestChecksum(t *testing.T) {
	const known = "dvp_0123456789ABCDEFGHIJKLMNOPQRSTUV3zBrfR"
	if _, err := apikey.ParseSecret(known); err != nil {
		t.Errorf("%s: %v", known, err)
	}
}

func TestWrongSecrets(t *testing.T) {
	text := apikey.NewSecret().Reveal()
	swapped := text[:10] + string(text[11]) + string(text[10]) + text[12:]
	if text[10] == text[11] {
		swapped = text[:10] + "!" + text[11:]
	}
	for name, tc := range map[string]struct {
		text string
		want error
	}{
		"empty":                 {"", apikey.ErrForeign},
		"of another program":    {"ghp_" + text[4:], apikey.ErrForeign},
		"in upper case":         {strings.ToUpper(text), apikey.ErrForeign},
		"with a space before":   {" " + text, apikey.ErrForeign},
		"the prefix alone":      {"dvp_", apikey.ErrMistyped},
		"without its end":       {text[:len(text)-1], apikey.ErrMistyped},
		"longer":                {text + "0", apikey.ErrMistyped},
		"with two swapped":      {swapped, apikey.ErrMistyped},
		"a whole book":          {"dvp_" + strings.Repeat("0", 1<<20), apikey.ErrMistyped},
		"with a wrong checksum": {text[:len(text)-1] + "!", apikey.ErrMistyped},
	} {
		if _, err := apikey.ParseSecret(tc.text); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", name, err, tc.want)
		} else if len(tc.text) > 10 && strings.Contains(err.Error(), tc.text) {
			t.Errorf("%s: the error has the text", name)
		}
	}
}

func TestSecretsHideThemselves(t *testing.T) {
	secret := apikey.NewSecret()
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("made", "key", secret, "all", struct{ Key apikey.Secret }{secret})
	for name, text := range map[string]string{
		"%v": fmt.Sprintf("%v", secret), "a string": secret.String(), "%#v": fmt.Sprintf("%#v", secret), "%+v": fmt.Sprintf("%+v", []any{secret}),
		"a log": log.String(), "a path": apikey.Conceal("/api/keys/" + secret.Reveal() + "/x?" + secret.Reveal()),
		"a part": apikey.Conceal(secret.Reveal()[:20]),
	} {
		if strings.Contains(text, secret.Reveal()[4:20]) || !strings.Contains(text, "dvp_…") {
			t.Errorf("%s shows %s", name, text)
		}
	}
	if got := apikey.Conceal("/api/services"); got != "/api/services" {
		t.Errorf("got %s", got)
	}
}
