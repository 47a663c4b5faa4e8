package forge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
)

// FileToken returns the token in a file, which is read for each request, so that it can be
// exchanged.
func FileToken(path string) Token {
	return func(context.Context) (string, error) { return ReadSecret(path) }
}

// ReadSecret reads a file with one line. Its errors don't repeat what is in it.
func ReadSecret(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read a secret: %w", err)
	}
	secret := strings.TrimSpace(string(text))
	if secret == "" || strings.ContainsAny(secret, " \t\r\n\x00") {
		return "", errors.New("read a secret: " + path + " does not have one word")
	}
	return secret, nil
}
