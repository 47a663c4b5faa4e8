package healthworker_test

import (
	"fmt"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/pkg/service"
	healthworker "github.com/dev-portal/dev-portal/services/health-worker"
)

// processCPU returns the CPU time used by this process: here the worker, the
// broker and the target together.
func processCPU(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkProbes measures the path from a due message to a stored result.
func BenchmarkProbes(b *testing.B) {
	url := devtest.NATS(b).URL()
	target := serve(b, status(200))
	br := connect(b, url)
	results := br.results()
	start(b, healthworker.Config{Common: service.Common{NATSURL: url}, PerHost: 256}).awaitReady()

	b.ResetTimer()
	before := processCPU(b)
	for i := range b.N {
		if i%1000 == 0 {
			<-br.js.PublishAsyncComplete()
		}
		svc := newService(target.URL)
		msg, err := stream.Encode("/bench", events.ProbePlanned{ServiceID: svc.ID, Version: 1, URL: target.URL, Interval: "1h"})
		if err != nil {
			b.Fatal(err)
		}
		msg.Subject = events.DueSubject(svc.ID)
		if _, err := br.js.PublishMsgAsync(msg, jetstream.WithMsgTTL(time.Hour)); err != nil {
			b.Fatal(err)
		}
	}
	for range b.N {
		next(b, results)
	}
	b.ReportMetric(float64(b.N)/(processCPU(b)-before).Seconds(), "probes/cpu-s")
}

// BenchmarkBareLoop is the baseline of BenchmarkProbes, without the portal.
func BenchmarkBareLoop(b *testing.B) {
	target := serve(b, status(200))
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	b.ResetTimer()
	before := processCPU(b)
	for range b.N {
		resp, err := client.Get(target.URL)
		if err != nil {
			b.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	b.ReportMetric(float64(b.N)/(processCPU(b)-before).Seconds(), "probes/cpu-s")
}

// BenchmarkPlanning measures the time until a number of services, added at once, are
// planned. Their first probes are made concurrently.
func BenchmarkPlanning(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			target := serve(b, status(200))
			for b.Loop() {
				b.StopTimer()
				url := devtest.NATS(b).URL()
				br := connect(b, url)
				br.addMany(n, target.URL)
				before := processCPU(b)
				b.StartTimer()
				w := start(b, healthworker.Config{Common: service.Common{NATSURL: url}})
				br.awaitPlans(n)
				b.StopTimer()
				b.ReportMetric((processCPU(b) - before).Seconds(), "cpu-s")
				w.stop()
				b.StartTimer()
			}
		})
	}
}
