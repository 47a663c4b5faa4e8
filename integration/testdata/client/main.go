// Command client clears fields of a service with the client that oapi-codegen generates.
// A build overlay puts that client beside this file, so the compiler checks it too.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/oapi-codegen/nullable"
	openapi_types "github.com/oapi-codegen/runtime/types"
)

func main() {
	if err := change(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func change(ctx context.Context, portal, service string) error {
	client, err := NewClientWithResponses(portal)
	if err != nil {
		return err
	}
	var id openapi_types.UUID
	if err := id.UnmarshalText([]byte(service)); err != nil {
		return err
	}
	answer, err := client.PatchServiceWithResponse(ctx, id, &PatchServiceParams{}, PatchServiceJSONRequestBody{
		Team: nullable.NewNullNullable[string](), Tags: nullable.NewNullNullable[[]string](),
	})
	if err != nil {
		return err
	}
	if answer.StatusCode() != http.StatusOK {
		return fmt.Errorf("PATCH: %s: %s", answer.Status(), answer.Body)
	}
	if now := answer.JSON200; !now.Team.IsNull() || len(now.Tags) != 0 {
		return fmt.Errorf("team %v, tags %q", now.Team, now.Tags)
	}
	return nil
}
