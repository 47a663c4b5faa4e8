package chart

import (
	"path/filepath"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

func TestEveryPodKeepsTheRules(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	for name, docs := range everyRender(t) {
		t.Run(name, func(t *testing.T) {
			for who, pod := range pods(t, docs) {
				for _, result := range evaluator.EvaluatePod(restricted, &pod.ObjectMeta, &pod.Spec) {
					if !result.Allowed {
						t.Errorf("%s: restricted Pod Security: %s: %s", who, result.ForbiddenReason, result.ForbiddenDetail)
					}
				}
				checkPod(t, who, pod)
				for i := range pod.Spec.Containers {
					checkContainer(t, who, &pod.Spec, &pod.Spec.Containers[i])
				}
			}
		})
	}
}

func checkPod(t *testing.T, who string, pod corev1.PodTemplateSpec) {
	t.Helper()
	if pod.Spec.AutomountServiceAccountToken == nil || *pod.Spec.AutomountServiceAccountToken {
		t.Errorf("%s: has a service account's token", who)
	}
	if len(pod.Spec.TopologySpreadConstraints) == 0 {
		t.Errorf("%s: is not spread over nodes", who)
	}
	for _, c := range pod.Spec.TopologySpreadConstraints {
		if !selects(t, c.LabelSelector, pod.Labels) {
			t.Errorf("%s: is spread among other pods than its own", who)
		}
	}
	if pod.Spec.RestartPolicy == corev1.RestartPolicyNever {
		return // what follows is for those that are upgraded
	}
	for _, label := range []string{"app.kubernetes.io/version", "helm.sh/chart"} {
		if pod.Labels[label] != "" {
			t.Errorf("%s: label %s would restart it at every new chart", who, label)
		}
	}
	if grace := pod.Spec.TerminationGracePeriodSeconds; grace == nil || *grace < 30 {
		t.Errorf("%s: has less than 30 s to stop; preStop takes 10 s, the drain up to 15 s", who)
	}
}

func checkContainer(t *testing.T, who string, spec *corev1.PodSpec, c *corev1.Container) {
	t.Helper()
	if s := c.SecurityContext; s == nil || s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem {
		t.Errorf("%s: can write to its root file system", who)
	}
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		if c.Resources.Requests.Name(name, "").IsZero() || c.Resources.Limits.Name(name, "").IsZero() {
			t.Errorf("%s: no request or no limit of %s", who, name)
		}
	}
	if spec.RestartPolicy != corev1.RestartPolicyNever && (c.LivenessProbe == nil || c.ReadinessProbe == nil) {
		t.Errorf("%s: lacks a probe", who)
	}
	for _, v := range spec.Volumes {
		if v.EmptyDir != nil && (v.EmptyDir.Medium != corev1.StorageMediumMemory || v.EmptyDir.SizeLimit == nil) {
			t.Errorf("%s: volume %s is not in memory, or without a limit", who, v.Name)
		}
	}
}

func TestServicesDrainBeforeTheyStop(t *testing.T) {
	for who, pod := range pods(t, render(t, nil)) {
		switch pod.Labels["app.kubernetes.io/component"] {
		case "web", "catalog-api":
			hook := pod.Spec.Containers[0].Lifecycle
			if hook == nil || hook.PreStop == nil || hook.PreStop.Sleep == nil || hook.PreStop.Sleep.Seconds < 5 {
				t.Errorf("%s: stops before proxies know", who)
			}
		}
	}
	for _, component := range []string{"web", "catalog-api", "health-worker"} {
		deployment := into[appsv1.Deployment](t, find(t, render(t, nil), "Deployment", "-"+component))
		if s := deployment.Spec.Strategy.RollingUpdate; s == nil || s.MaxUnavailable.IntValue() != 0 {
			t.Errorf("%s: an upgrade stops pods before there are others", component)
		}
	}
}

// Every pod is closed by a NetworkPolicy and, but for the test's, may be
// evicted one at a time.
func TestEveryPodHasItsPolicies(t *testing.T) {
	for name, docs := range everyRender(t) {
		t.Run(name, func(t *testing.T) {
			for who, pod := range pods(t, docs) {
				var closed, budget bool
				for _, d := range docs {
					switch d.GetKind() {
					case "NetworkPolicy":
						p := into[networkingv1.NetworkPolicy](t, d)
						closed = closed || selects(t, &p.Spec.PodSelector, pod.Labels) && len(p.Spec.PolicyTypes) == 2
					case "PodDisruptionBudget":
						p := into[policyv1.PodDisruptionBudget](t, d)
						budget = budget || selects(t, p.Spec.Selector, pod.Labels)
					}
				}
				if !closed {
					t.Errorf("%s: no NetworkPolicy closes it both ways", who)
				}
				if !budget && pod.Labels["app.kubernetes.io/component"] != "test" {
					t.Errorf("%s: no PodDisruptionBudget", who)
				}
			}
		})
	}
}

func TestOnlyCatalogAPIReachesPostgres(t *testing.T) {
	p := into[networkingv1.NetworkPolicy](t, find(t, render(t, nil), "NetworkPolicy", "-postgresql"))
	if len(p.Spec.Ingress) != 1 || len(p.Spec.Ingress[0].From) != 1 {
		t.Fatalf("ingress is %+v, want one rule of one peer", p.Spec.Ingress)
	}
	peer := p.Spec.Ingress[0].From[0]
	if peer.NamespaceSelector != nil || peer.IPBlock != nil || peer.PodSelector.MatchLabels["app.kubernetes.io/component"] != "catalog-api" {
		t.Errorf("the peer is %+v, want catalog-api's pods", peer)
	}
	if web := into[networkingv1.NetworkPolicy](t, find(t, render(t, nil), "NetworkPolicy", "-web")); len(web.Spec.Egress) != 0 {
		t.Errorf("web may reach %+v, want nothing", web.Spec.Egress)
	}
}

// everyRender is what the variants render, and the tunnel.
func everyRender(t *testing.T) map[string][]document {
	t.Helper()
	out := map[string][]document{}
	for name, vals := range variants(t) {
		out[name] = render(t, vals)
	}
	out["cloudflared"] = read(t, filepath.Join(deployDir, "cloudflared/deployment.yaml"))
	return out
}

// pods returns the pod templates of the documents, by kind and name.
func pods(t *testing.T, docs []document) map[string]corev1.PodTemplateSpec {
	t.Helper()
	out := map[string]corev1.PodTemplateSpec{}
	for _, d := range docs {
		who := d.GetKind() + " " + d.GetName()
		switch d.GetKind() {
		case "Deployment":
			out[who] = into[appsv1.Deployment](t, d).Spec.Template
		case "StatefulSet":
			out[who] = into[appsv1.StatefulSet](t, d).Spec.Template
		case "Pod":
			pod := into[corev1.Pod](t, d)
			out[who] = corev1.PodTemplateSpec{ObjectMeta: pod.ObjectMeta, Spec: pod.Spec}
		}
	}
	if len(out) == 0 {
		t.Fatal("there is no pod")
	}
	return out
}

func into[T any](t *testing.T, d document) (out T) {
	t.Helper()
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(d.Object, &out, true); err != nil {
		t.Fatalf("%s: %v", d.source, err)
	}
	return out
}

func selects(t *testing.T, s *metav1.LabelSelector, of map[string]string) bool {
	t.Helper()
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		t.Fatal(err)
	}
	return selector.Matches(labels.Set(of))
}
