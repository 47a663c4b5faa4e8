package events_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

func TestServiceIsValidated(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*events.Service)
		want   string // empty: it is valid
	}{
		"every field set":            {func(*events.Service) {}, ""},
		"only what must be":          {func(s *events.Service) { *s = ledger() }, ""},
		"no id":                      {func(s *events.Service) { s.ID = "" }, `id "" is not a UUID`},
		"an id that is a wildcard":   {func(s *events.Service) { s.ID = "*" }, `id "*" is not a UUID`},
		"an id in other writing":     {func(s *events.Service) { s.ID = "{" + billingID + "}" }, "is not a UUID"},
		"an id with a dot":           {func(s *events.Service) { s.ID = strings.Replace(billingID, "-", ".", 1) }, "is not a UUID"},
		"no name":                    {func(s *events.Service) { s.Name = "" }, "name is empty"},
		"no tags":                    {func(s *events.Service) { s.Tags = nil }, "tags is missing"},
		"no interval":                {func(s *events.Service) { s.Interval = "" }, `interval "" is not in the set`},
		"an interval between two":    {func(s *events.Service) { s.Interval = "60s" }, `interval "60s" is not in the set`},
		"no version":                 {func(s *events.Service) { s.Version = 0 }, "version is 0, the first is 1"},
		"a status that is none":      {func(s *events.Service) { s.Status = "up" }, `status "up" is not a status`},
		"a reason off the list":      {func(s *events.Service) { s.StatusReason = "bad luck" }, `status_reason "bad luck"`},
		"no beginning of the status": {func(s *events.Service) { s.StatusSince = time.Time{} }, "status_since is missing"},
		"no creation":                {func(s *events.Service) { s.CreatedAt = time.Time{} }, "created_at is missing"},
		"no update":                  {func(s *events.Service) { s.UpdatedAt = time.Time{} }, "updated_at is missing"},
		"a negative latency":         {func(s *events.Service) { s.LatencyMS = -1 }, "latency_ms is negative"},
		"a four-digit answer":        {func(s *events.Service) { s.HTTPStatus = 1000 }, "http_status 1000 is out of range"},
		"what it needs":              {func(s *events.Service) { s.DependsOn = needs(ledgerID, "ledger", "soft") }, ""},
		"needs none by id":           {func(s *events.Service) { s.DependsOn = needs("*", "ledger", "hard") }, `depends_on: service_id "*" is not a UUID`},
		"needs one without a name":   {func(s *events.Service) { s.DependsOn = needs(ledgerID, "", "hard") }, "depends_on: name of " + ledgerID + " is empty"},
		"needs one in a made-up way": {func(s *events.Service) { s.DependsOn = needs(ledgerID, "ledger", "firm") }, `depends_on: kind "firm" is not a kind`},
	} {
		s := billing()
		tc.change(&s)
		verdict(t, name, events.ServiceCreated{Service: s}, tc.want)
		verdict(t, name, events.ServiceUpdated{Service: s}, tc.want)
	}
}

func needs(id, name string, kind events.DependencyKind) []events.Dependency {
	return []events.Dependency{{ServiceID: id, Name: name, Kind: kind}}
}

// The largest service that the catalogue takes can be read again.
func TestLargestDependenciesAreRead(t *testing.T) {
	s := billing()
	for range 100 { // each character takes six bytes in JSON
		s.DependsOn = append(s.DependsOn, events.Dependency{
			ServiceID: ledgerID, Name: strings.Repeat("<", 100), Kind: events.DependencySoft, Note: strings.Repeat("<", 200),
		})
	}
	msg := encode(t, events.ServiceUpdated{Service: s})
	if got, err := events.Decode(msg.Header, msg.Data); err != nil || len(got.Event.(events.ServiceUpdated).DependsOn) != 100 {
		t.Errorf("of %d bytes: %v", len(msg.Data), err)
	}
}

func TestServiceDeletedIsValidated(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*events.ServiceDeleted)
		want   string
	}{
		"every field set": {func(*events.ServiceDeleted) {}, ""},
		"nobody's":        {func(e *events.ServiceDeleted) { e.Team = "" }, ""},
		"no id":           {func(e *events.ServiceDeleted) { e.ID = "" }, "is not a UUID"},
		"no name":         {func(e *events.ServiceDeleted) { e.Name = "" }, "name is empty"},
		"no version":      {func(e *events.ServiceDeleted) { e.Version = -1 }, "version is -1"},
		"no time":         {func(e *events.ServiceDeleted) { e.DeletedAt = time.Time{} }, "deleted_at is missing"},
	} {
		e := sample[events.ServiceDeleted](t)
		tc.change(&e)
		verdict(t, name, e, tc.want)
	}
}

func TestServiceDeployedIsValidated(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*events.ServiceDeployed)
		want   string
	}{
		"every field set": {func(*events.ServiceDeployed) {}, ""},
		"only what it needs": {func(e *events.ServiceDeployed) {
			e.Team, e.Environment, e.URL, e.By, e.Actor = "", "", "", "", nil
		}, ""},
		"no id":                     {func(e *events.ServiceDeployed) { e.DeploymentID = "7" }, `deployment_id "7" is not a UUID`},
		"of no service":             {func(e *events.ServiceDeployed) { e.ServiceID = "" }, `service_id "" is not a UUID`},
		"no name":                   {func(e *events.ServiceDeployed) { e.Name = "" }, "name is empty"},
		"no version":                {func(e *events.ServiceDeployed) { e.Version = "" }, "version is empty"},
		"no time":                   {func(e *events.ServiceDeployed) { e.DeployedAt = time.Time{} }, "deployed_at is missing"},
		"an action that is no word": {func(e *events.ServiceDeployed) { e.Action = "Rolled back" }, `action "Rolled back" is not a word`},
	} {
		e := sample[events.ServiceDeployed](t)
		tc.change(&e)
		verdict(t, name, e, tc.want)
	}
}

func TestTeamsAreValidated(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*events.Team)
		want   string
	}{
		"every field set": {func(*events.Team) {}, ""},
		"only what it needs": {func(team *events.Team) {
			team.Description, team.ChatURL, team.Email, team.PageURL, team.DocsURL = "", "", "", "", ""
		}, ""},
		"of 63 characters": {func(team *events.Team) { team.Slug = strings.Repeat("a-", 31) + "1" }, ""},
		"too long":         {func(team *events.Team) { team.Slug = strings.Repeat("a", 64) }, `is not a slug`},
		"no slug":          {func(team *events.Team) { team.Slug = "" }, `slug "" is not a slug`},
		"a part of others": {func(team *events.Team) { team.Slug = "payments.*" }, `slug "payments.*" is not a slug`},
		"a hyphen first":   {func(team *events.Team) { team.Slug = "-a" }, `slug "-a" is not a slug`},
		"a hyphen last":    {func(team *events.Team) { team.Slug = "a-" }, `slug "a-" is not a slug`},
		"upper case":       {func(team *events.Team) { team.Slug = "Payments" }, `slug "Payments" is not a slug`},
		"no name":          {func(team *events.Team) { team.Name = "" }, "name is empty"},
		"no version":       {func(team *events.Team) { team.Version = 0 }, "version is 0, the first is 1"},
		"no times":         {func(team *events.Team) { team.CreatedAt = time.Time{} }, "created_at is missing"},
	} {
		e := sample[events.TeamUpdated](t)
		tc.change(&e.Team)
		verdict(t, name, e, tc.want)
		verdict(t, name, events.TeamCreated{Team: e.Team}, tc.want)
	}
	for name, tc := range map[string]struct {
		change func(*events.TeamDeleted)
		want   string
	}{
		"every field set": {func(*events.TeamDeleted) {}, ""},
		"no slug":         {func(e *events.TeamDeleted) { e.Slug = "" }, `slug "" is not a slug`},
		"no name":         {func(e *events.TeamDeleted) { e.Name = "" }, "name is empty"},
		"no time":         {func(e *events.TeamDeleted) { e.DeletedAt = time.Time{} }, "deleted_at is missing"},
	} {
		e := sample[events.TeamDeleted](t)
		tc.change(&e)
		verdict(t, name, e, tc.want)
	}
}

func TestStatusChangedIsValidated(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*events.StatusChanged)
		want   string
	}{
		"by a probe": {func(*events.StatusChanged) {}, ""},
		"by silence": {func(e *events.StatusChanged) {
			*e = events.StatusChanged{ServiceID: billingID, Name: "b", From: "down", To: "unknown", Reason: "stale", Since: e.Since}
		}, ""},
		"by a new URL":                         {func(e *events.StatusChanged) { e.Reason, e.To = "", "unknown" }, ""},
		"no id":                                {func(e *events.StatusChanged) { e.ServiceID = "" }, `service_id "" is not a UUID`},
		"no name":                              {func(e *events.StatusChanged) { e.Name = "" }, "name is empty"},
		"from nothing":                         {func(e *events.StatusChanged) { e.From = "" }, `from "" is not a status`},
		"to nothing":                           {func(e *events.StatusChanged) { e.To = "UP" }, `to "UP" is not a status`},
		"no change":                            {func(e *events.StatusChanged) { e.To = e.From }, `from and to are both "healthy"`},
		"a reason of a worker's later version": {func(e *events.StatusChanged) { e.Reason = "eclipse" }, ""},
		"a reason that is no word":             {func(e *events.StatusChanged) { e.Reason = "OK" }, `reason "OK" is not a word`},
		"no beginning":                         {func(e *events.StatusChanged) { e.Since = time.Time{} }, "since is missing"},
		"a negative latency":                   {func(e *events.StatusChanged) { e.LatencyMS = -1 }, "latency_ms is negative"},
		"after a deployment": {func(e *events.StatusChanged) {
			e.After = &events.Preceding{Kind: events.PrecedingDeployment, At: e.Since, Version: "v2"}
		}, ""},
		"after nothing": {func(e *events.StatusChanged) { e.After = &events.Preceding{} }, `after.kind "" is not a word`},
		"after something at no time": {func(e *events.StatusChanged) {
			e.After = &events.Preceding{Kind: events.PrecedingChange}
		}, "after.at is missing"},
		"a negative HTTP status": {func(e *events.StatusChanged) { e.HTTPStatus = -1 }, "http_status -1 is out of range"},
	} {
		e := sample[events.StatusChanged](t)
		tc.change(&e)
		verdict(t, name, e, tc.want)
	}
}

func TestProbePlannedIsValidated(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*events.ProbePlanned)
		want   string
	}{
		"every field set":      {func(*events.ProbePlanned) {}, ""},
		"no id":                {func(e *events.ProbePlanned) { e.ServiceID = "1" }, "is not a UUID"},
		"no version":           {func(e *events.ProbePlanned) { e.Version = 0 }, "version is 0"},
		"no URL":               {func(e *events.ProbePlanned) { e.URL = "" }, "is no URL"},
		"a script for a URL":   {func(e *events.ProbePlanned) { e.URL = "javascript:alert(1)" }, "url is not"},
		"a URL without a host": {func(e *events.ProbePlanned) { e.URL = "http:///healthz" }, "url is not"},
		"no interval":          {func(e *events.ProbePlanned) { e.Interval = "" }, "interval"},
	} {
		e := sample[events.ProbePlanned](t)
		tc.change(&e)
		verdict(t, name, e, tc.want)
	}
}

func TestProbeDelayedIsValidated(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*events.ProbeDelayed)
		want   string
	}{
		"every field set": {func(*events.ProbeDelayed) {}, ""},
		"no id":           {func(e *events.ProbeDelayed) { e.ServiceID = "" }, "is not a UUID"},
		"another scheme":  {func(e *events.ProbeDelayed) { e.URL = "ftp://example.com" }, "url is not"},
		"no round":        {func(e *events.ProbeDelayed) { e.RoundMS = 0 }, "round_ms is 0"},
		"no time":         {func(e *events.ProbeDelayed) { e.SaidAt = time.Time{} }, "said_at is missing"},
		"no place":        {func(e *events.ProbeDelayed) { e.Location = "" }, "location is empty"},
	} {
		e := sample[events.ProbeDelayed](t)
		tc.change(&e)
		verdict(t, name, e, tc.want)
	}
}

func TestProbeCompletedIsValidated(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*events.ProbeCompleted)
		want   string
	}{
		"an answer":             {func(*events.ProbeCompleted) {}, ""},
		"no answer":             {func(e *events.ProbeCompleted) { e.HTTPStatus, e.LatencyMS = 0, 0 }, ""},
		"no id":                 {func(e *events.ProbeCompleted) { e.ServiceID = "" }, "is not a UUID"},
		"no version":            {func(e *events.ProbeCompleted) { e.Version = 0 }, "version is 0"},
		"another scheme":        {func(e *events.ProbeCompleted) { e.URL = "ftp://example.com" }, "url is not"},
		"unknown is no outcome": {func(e *events.ProbeCompleted) { e.Status = "unknown" }, `status "unknown" is no outcome`},
		"no reason":             {func(e *events.ProbeCompleted) { e.Reason = "" }, `reason "" is not on the list`},
		"a four-digit answer":   {func(e *events.ProbeCompleted) { e.HTTPStatus = 1000 }, "http_status 1000"},
		"a negative latency":    {func(e *events.ProbeCompleted) { e.LatencyMS = -1 }, "latency_ms is negative"},
		"no slot":               {func(e *events.ProbeCompleted) { e.PlannedAt = time.Time{} }, "planned_at is missing"},
		"no start":              {func(e *events.ProbeCompleted) { e.CheckedAt = time.Time{} }, "checked_at is missing"},
		"no place":              {func(e *events.ProbeCompleted) { e.Location = "" }, "location is empty"},
	} {
		e := sample[events.ProbeCompleted](t)
		tc.change(&e)
		verdict(t, name, e, tc.want)
	}
}

func TestProbesCompletedIsValidated(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*events.ProbesCompleted)
		want   string
	}{
		"one result":           {func(*events.ProbesCompleted) {}, ""},
		"as many as there may": {func(e *events.ProbesCompleted) { e.Results = slices.Repeat(e.Results, events.MaxResults) }, ""},
		"none":                 {func(e *events.ProbesCompleted) { e.Results = nil }, "there are 0 results"},
		"too many":             {func(e *events.ProbesCompleted) { e.Results = slices.Repeat(e.Results, events.MaxResults+1) }, "there are 65 results"},
		"one that is wrong":    {func(e *events.ProbesCompleted) { e.Results[0].Version = 0 }, "result 0: version is 0"},
		"one from elsewhere": {func(e *events.ProbesCompleted) {
			e.Results = slices.Repeat(e.Results, 2)
			e.Results[1].Location = "elsewhere"
		}, `result 1 is of location "elsewhere"`},
	} {
		e := sample[events.ProbesCompleted](t)
		tc.change(&e)
		verdict(t, name, e, tc.want)
	}
}

func TestMessageHoldsLongestResults(t *testing.T) {
	e := sample[events.ProbesCompleted](t)
	e.Results[0].URL += strings.Repeat("x", 2000)
	e.Results = slices.Repeat(e.Results, events.MaxResults)
	msg, err := events.Encode(source, e)
	if err != nil {
		t.Fatal(err)
	}
	got, err := events.DecodeResults(msg.Header, msg.Data)
	if err != nil || len(got) != events.MaxResults {
		t.Errorf("got %d results of %d bytes, %v", len(got), len(msg.Data), err)
	}
}

func TestDecodeResults(t *testing.T) {
	for _, e := range samples() {
		msg, err := events.Encode(source, e)
		if err != nil {
			t.Fatal(err)
		}
		got, err := events.DecodeResults(msg.Header, msg.Data)
		switch e.(type) {
		case events.ProbeCompleted, events.ProbesCompleted:
			if err != nil || !slices.Equal(got, []events.ProbeCompleted{completed()}) {
				t.Errorf("%s: got %v, %v", e.Type(), got, err)
			}
		case events.ProbeDelayed:
			if err != nil || len(got) != 0 {
				t.Errorf("%s: got %v, %v, want no results", e.Type(), got, err)
			}
		default:
			if !errors.Is(err, events.ErrPoison) {
				t.Errorf("%s: got %v, want ErrPoison", e.Type(), err)
			}
		}
	}
}

func TestValidateJoinsErrors(t *testing.T) {
	err := events.StatusChanged{}.Validate()
	for _, want := range []string{"service_id", "name", "from", "to", "since"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not mention %s", err, want)
		}
	}
}

func TestIntervalsDivideTheMinuteOrTheHour(t *testing.T) {
	var last time.Duration
	for _, i := range events.Intervals {
		d := i.Duration()
		if d <= last || (time.Minute%d != 0 && time.Hour%d != 0) {
			t.Errorf("%s is %s, after %s", i, d, last)
		}
		last = d
	}
	if !events.DefaultInterval.Known() {
		t.Errorf("%s is not in the set", events.DefaultInterval)
	}
	if d := events.DefaultInterval.Duration(); d != events.Interval("").Duration() {
		t.Errorf("what is no interval lasts %s, want the default's %s", events.Interval("").Duration(), d)
	}
}

func sample[E events.Event](t *testing.T) E {
	t.Helper()
	for _, e := range samples() {
		if got, ok := e.(E); ok {
			return got
		}
	}
	t.Fatal("no sample of this type")
	panic("unreachable")
}

// verdict checks that the event is valid, or that the error has the wanted text.
func verdict(t *testing.T, name string, e events.Event, want string) {
	t.Helper()
	err := e.Validate()
	switch {
	case want == "" && err != nil:
		t.Errorf("%s, %s: %v", e.Type(), name, err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("%s, %s: got %v, want %q", e.Type(), name, err, want)
	}
}

func TestShiftsFoundIsValidated(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*events.ShiftsFound)
		want   string
	}{
		"every field set":            {func(*events.ShiftsFound) {}, ""},
		"nobody on call":             {func(e *events.ShiftsFound) { e.Shifts = nil }, ""},
		"a problem":                  {func(e *events.ShiftsFound) { *e = failed(*e, events.FeedTooLarge) }, ""},
		"a problem beside shifts":    {func(e *events.ShiftsFound) { e.Problem = events.FeedBlocked }, "there are shifts and the problem"},
		"a problem off the list":     {func(e *events.ShiftsFound) { *e = failed(*e, "odd") }, `problem "odd" is not on the list`},
		"a problem that is no word":  {func(e *events.ShiftsFound) { *e = failed(*e, "Oh!") }, `problem "Oh!" is not a word`},
		"no slug":                    {func(e *events.ShiftsFound) { e.Slug = "" }, "is not a slug"},
		"no digest":                  {func(e *events.ShiftsFound) { e.URLDigest = "" }, "is not a digest"},
		"a URL in place of a digest": {func(e *events.ShiftsFound) { e.URLDigest = "https://example.com/" }, "is not a digest"},
		"no time":                    {func(e *events.ShiftsFound) { e.ReadAt = time.Time{} }, "read_at is missing"},
		"no end":                     {func(e *events.ShiftsFound) { e.CoversUntil = time.Time{} }, "covers_until is missing"},
		"too many shifts":            {func(e *events.ShiftsFound) { e.Shifts = make([]events.Shift, events.MaxShifts+1) }, "at most 500"},
		"shifts in no order":         {func(e *events.ShiftsFound) { slices.Reverse(e.Shifts) }, "begins before the one before it"},
		"a shift of nobody":          {func(e *events.ShiftsFound) { e.Shifts[0].Name = "" }, "name"},
		"a name with a line feed":    {func(e *events.ShiftsFound) { e.Shifts[0].Name = "Ada\n" }, "control character"},
		"a name that is not UTF-8":   {func(e *events.ShiftsFound) { e.Shifts[0].Name = "Ada\xff" }, "is not UTF-8"},
		"a name without end":         {func(e *events.ShiftsFound) { e.Shifts[0].Name = strings.Repeat("ä", 101) }, "too long"},
		"an address without end":     {func(e *events.ShiftsFound) { e.Shifts[0].Email = strings.Repeat("ä", 255) }, "too long"},
		"a shift that ends at once":  {func(e *events.ShiftsFound) { e.Shifts[0].Until = e.Shifts[0].From }, "is not after from"},
	} {
		e := sample[events.ShiftsFound](t)
		tc.change(&e)
		verdict(t, name, e, tc.want)
	}
}

// failed returns what is said of a calendar that could not be read.
func failed(e events.ShiftsFound, problem events.FeedProblem) events.ShiftsFound {
	e.Shifts, e.CoversUntil, e.Problem = nil, time.Time{}, problem
	return e
}

func TestCallsFoundIsValidated(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*events.CallsFound)
		want   string
	}{
		"every field set":          {func(*events.CallsFound) {}, ""},
		"the longest names":        {func(e *events.CallsFound) { e.Calls[0].Client = strings.Repeat("😀", 200) }, ""},
		"hardly any calls":         {func(e *events.CallsFound) { e.Calls[0].CallsPerMinute = 0 }, ""},
		"a part before the first":  {func(e *events.CallsFound) { e.Part = -1 }, "part is -1"},
		"a part after the last":    {func(e *events.CallsFound) { e.Part = 1000 }, "part is 1000"},
		"no time":                  {func(e *events.CallsFound) { e.ReadAt = time.Time{} }, "read_at is missing"},
		"no calls":                 {func(e *events.CallsFound) { e.Calls = nil }, "there are 0 calls"},
		"too many calls":           {func(e *events.CallsFound) { e.Calls = make([]events.Call, events.MaxCalls+1) }, "want 1 to 500"},
		"a pair twice":             {func(e *events.CallsFound) { e.Calls[1] = e.Calls[0] }, "call 1 comes twice"},
		"no client":                {func(e *events.CallsFound) { e.Calls[0].Client = "" }, "client"},
		"no server":                {func(e *events.CallsFound) { e.Calls[1].Server = "" }, "server"},
		"a call of itself":         {func(e *events.CallsFound) { e.Calls[0].Server = e.Calls[0].Client }, "are the same"},
		"a name with a line feed":  {func(e *events.CallsFound) { e.Calls[0].Client = "shop\n" }, "control character"},
		"a name that is not UTF-8": {func(e *events.CallsFound) { e.Calls[0].Server = "shop\xff" }, "is not UTF-8"},
		"a name without end":       {func(e *events.CallsFound) { e.Calls[0].Server = strings.Repeat("ä", 201) }, "too long"},
		"fewer calls than none":    {func(e *events.CallsFound) { e.Calls[0].CallsPerMinute = -1 }, "calls_per_minute is -1"},
		"calls that are no number": {func(e *events.CallsFound) { e.Calls[0].CallsPerMinute = math.NaN() }, "calls_per_minute is NaN"},
		"calls beyond counting":    {func(e *events.CallsFound) { e.Calls[0].CallsPerMinute = 2e12 }, "calls_per_minute is 2e+12"},
		"calls without end":        {func(e *events.CallsFound) { e.Calls[0].CallsPerMinute = math.Inf(1) }, "calls_per_minute is +Inf"},
	} {
		e := sample[events.CallsFound](t)
		e.Calls = slices.Clone(e.Calls)
		tc.change(&e)
		verdict(t, name, e, tc.want)
	}
}

func TestReleasesFoundIsValidated(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*events.ReleasesFound)
		want   string
	}{
		"every field set":                 {func(*events.ReleasesFound) {}, ""},
		"none":                            {func(e *events.ReleasesFound) { e.Releases = nil }, ""},
		"a problem":                       {func(e *events.ReleasesFound) { e.Releases, e.Problem = nil, events.ProblemNotFound }, ""},
		"a problem beside releases":       {func(e *events.ReleasesFound) { e.Problem = events.ProblemNotFound }, "there are releases and the problem"},
		"a problem off the list":          {func(e *events.ReleasesFound) { e.Releases, e.Problem = nil, "odd" }, `problem "odd" is not on the list`},
		"no id":                           {func(e *events.ReleasesFound) { e.ServiceID = "" }, "is not a UUID"},
		"no link":                         {func(e *events.ReleasesFound) { e.GitHubURL = "" }, "github_url"},
		"no time":                         {func(e *events.ReleasesFound) { e.CheckedAt = time.Time{} }, "checked_at is missing"},
		"a release twice":                 {func(e *events.ReleasesFound) { e.Releases = append(e.Releases, e.Releases[0]) }, "comes twice"},
		"too many releases":               {func(e *events.ReleasesFound) { e.Releases = make([]events.Release, events.MaxReleases+1) }, "at most 10"},
		"a release without a tag":         {func(e *events.ReleasesFound) { e.Releases[0].Tag = "" }, "tag"},
		"a tag with a line feed":          {func(e *events.ReleasesFound) { e.Releases[0].Tag = "v1\n" }, "control character"},
		"a release without a time":        {func(e *events.ReleasesFound) { e.Releases[0].PublishedAt = time.Time{} }, "published_at is missing"},
		"a link that runs a script":       {func(e *events.ReleasesFound) { e.Releases[0].URL = "javascript:alert(1)" }, "is not a link to a page"},
		"notes with a zero byte":          {func(e *events.ReleasesFound) { e.Releases[0].Notes = "a\x00" }, "zero byte"},
		"notes that are too long":         {func(e *events.ReleasesFound) { e.Releases[0].Notes = strings.Repeat("a", events.MaxNotes+1) }, "bytes"},
		"a title that is too long":        {func(e *events.ReleasesFound) { e.Releases[0].Title = strings.Repeat("a", events.MaxTitle+1) }, "title"},
		"an author with a control letter": {func(e *events.ReleasesFound) { e.Releases[0].Author = "a\x1b" }, "author"},
	} {
		e := sample[events.ReleasesFound](t)
		e.Releases = slices.Clone(e.Releases)
		tc.change(&e)
		verdict(t, name, e, tc.want)
	}
}

func TestReleasePublishedIsValidated(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*events.ReleasePublished)
		want   string
	}{
		"every field set": {func(*events.ReleasePublished) {}, ""},
		"only what must be": {func(e *events.ReleasePublished) {
			e.Team, e.Title, e.URL, e.Author, e.Prerelease = "", "", "", "", false
		}, ""},
		"no id":             {func(e *events.ReleasePublished) { e.ServiceID = "" }, "is not a UUID"},
		"no name":           {func(e *events.ReleasePublished) { e.Name = "" }, "name is empty"},
		"no tag":            {func(e *events.ReleasePublished) { e.Tag = "" }, "tag is empty"},
		"no time":           {func(e *events.ReleasePublished) { e.PublishedAt = time.Time{} }, "published_at is missing"},
		"no repository":     {func(e *events.ReleasePublished) { e.Repository = "" }, "repository"},
		"a link to a mail":  {func(e *events.ReleasePublished) { e.URL = "mailto:a@example.com" }, "is not a link to a page"},
		"a tag that is cut": {func(e *events.ReleasePublished) { e.Tag = strings.Repeat("a", 300) }, "tag"},
	} {
		e := sample[events.ReleasePublished](t)
		tc.change(&e)
		verdict(t, name, e, tc.want)
	}
}
