// Package kube checks the pods and the routes with kubectl.
package kube

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/dev-portal/dev-portal/services/doctor/internal/ask"
	"github.com/dev-portal/dev-portal/services/doctor/internal/finding"
)

// kubectl runs kubectl in its current context, and decodes the JSON into out.
func kubectl(ctx context.Context, p *ask.Portal, out any, args ...string) error {
	text, err := kubectlText(ctx, p, append(args, "--output=json")...)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, out)
}

func kubectlText(ctx context.Context, p *ask.Portal, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*p.Timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "kubectl", args...)
	cmd.WaitDelay = time.Second // for a plugin of kubectl, such as a login, that keeps running
	text, err := cmd.Output()
	if ctx.Err() != nil {
		return nil, errors.New(ask.Reason(ctx.Err()))
	}
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		lines := strings.Split(strings.TrimSpace(string(exit.Stderr)), "\n") // the last line is the message for people
		if last := lines[len(lines)-1]; last != "" {
			return nil, errors.New(last)
		}
	}
	return text, err
}

type metadata struct {
	Name      string
	Namespace string
	Labels    map[string]string
}

// pod is the part of a pod that the doctor reads.
type pod struct {
	Metadata metadata
	Spec     struct{ Containers []container }
	Status   struct {
		Phase             string
		Conditions        []condition
		ContainerStatuses []struct {
			Ready bool
			State struct{ Waiting, Terminated *struct{ Reason string } }
		}
	}
}

type container struct {
	Args []string
	Env  []struct{ Name string }
}

type condition struct{ Type, Status, Reason, Message string }

const componentLabel = "app.kubernetes.io/component"

// CheckPods checks that each component has a ready pod.
func CheckPods(ctx context.Context, p *ask.Portal) finding.Finding {
	var list struct{ Items []pod }
	if err := kubectl(ctx, p, &list, "get", "pods", "--namespace="+p.Namespace, "--selector=app.kubernetes.io/name=dev-portal"); err != nil {
		return finding.Skip("kubectl could not get the pods: %s", err)
	}
	why := map[string]string{} // of the components without a ready pod
	for _, component := range []string{"web", "catalog-api", "health-worker"} {
		why[component] = "there is no pod"
	}
	ready := map[string]bool{}
	for _, pod := range list.Items {
		component := pod.Metadata.Labels[componentLabel]
		if component == "test" {
			continue // the pod of `helm test`, which is temporary
		}
		if trouble := pod.trouble(); trouble != "" {
			why[component] = pod.Metadata.Name + " " + trouble
		} else {
			ready[component] = true
		}
	}
	maps.DeleteFunc(why, func(component, _ string) bool { return ready[component] })
	if len(why) == 0 {
		return finding.Fine("each of %s has a pod that is ready in namespace %s", strings.Join(slices.Sorted(maps.Keys(ready)), ", "), p.Namespace)
	}
	var all []string
	for _, component := range slices.Sorted(maps.Keys(why)) {
		all = append(all, component+": "+why[component])
	}
	return finding.Fault("no pod is ready of %s, in namespace %s", strings.Join(slices.Sorted(maps.Keys(why)), ", "), p.Namespace).WithCause(
		strings.Join(all, "; ")+".",
		"`kubectl --namespace "+p.Namespace+" describe pods` and `logs` say more; another namespace is named by --namespace.")
}

// trouble says why a pod is not ready, or "".
func (p pod) trouble() string {
	for _, c := range p.Status.ContainerStatuses {
		switch {
		case c.State.Waiting != nil:
			return "waits: " + c.State.Waiting.Reason
		case c.State.Terminated != nil:
			return "ended: " + c.State.Terminated.Reason
		}
	}
	for _, c := range p.Status.Conditions {
		switch {
		case c.Type == "Ready" && c.Status == "True":
			return ""
		case c.Type == "PodScheduled" && c.Status == "False":
			return "has no node: " + c.Message
		}
	}
	return "is " + p.Status.Phase + ", but not ready"
}
