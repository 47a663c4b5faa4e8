package chart

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chartutil"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

const updater = "argocd-image-updater.argoproj.io/"

// applications are the Applications over the chart's components, by name.
func applications(t *testing.T) map[string]document {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(deployDir, "argocd/apps/*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]document{}
	for _, path := range paths {
		for _, d := range read(t, path) {
			out[d.GetName()] = d
		}
	}
	want := []string{"dev-portal", "dev-portal-api", "dev-portal-health-worker", "nats-dev-portal", "postgresql-dev-portal"}
	if got := slices.Sorted(maps.Keys(out)); !slices.Equal(got, want) {
		t.Fatalf("the Applications are %v, want %v", got, want)
	}
	return out
}

// The five Applications together make what one installation makes, and no object
// belongs to two of them.
func TestApplicationsTogetherAreOneInstallation(t *testing.T) {
	got := map[string]string{}
	for name, app := range applications(t) {
		helm, _, err := unstructured.NestedMap(app.Object, "spec", "source", "helm")
		if err != nil || helm["releaseName"] != releaseName {
			t.Fatalf("%s has the release %v (%v), want %s", name, helm["releaseName"], err, releaseName)
		}
		vals := chartutil.CoalesceTables(helm["valuesObject"].(map[string]any), sharedValues(t, helm))
		for _, d := range render(t, vals) {
			key := d.GetKind() + " " + d.GetName()
			if other, taken := got[key]; taken {
				t.Errorf("%s is in %s and in %s", key, other, name)
			}
			got[key] = name
		}
	}
	for _, d := range render(t, values(t, filepath.Join(deployDir, "argocd/values.yaml"))) {
		key := d.GetKind() + " " + d.GetName()
		if _, ok := got[key]; !ok && d.GetName() != releaseName+"-test" { // which asks all components
			t.Errorf("%s is in no Application", key)
		}
		delete(got, key)
	}
	for key, name := range got {
		t.Errorf("%s of %s is not in the whole installation", key, name)
	}
}

// sharedValues reads the files that an Application names, from the chart's folder as Argo CD does.
func sharedValues(t *testing.T, helm map[string]any) map[string]any {
	t.Helper()
	out := map[string]any{}
	for _, file := range helm["valueFiles"].([]any) {
		out = chartutil.CoalesceTables(values(t, filepath.Join(chartDir, file.(string))), out)
	}
	return out
}

// The Image Updater writes Helm parameters: each must be a value of the chart, and
// the image followed be the one that the value names.
func TestImageUpdaterWritesValuesOfTheChart(t *testing.T) {
	chartValues := loadChart(t).Values
	for _, name := range []string{"dev-portal", "dev-portal-api", "dev-portal-health-worker"} {
		app := applications(t)[name]
		notes := app.GetAnnotations()
		alias, image, ok := strings.Cut(notes[updater+"image-list"], "=")
		if !ok || notes[updater+alias+".update-strategy"] != "semver" {
			t.Errorf("%s: image list %q with strategy %q, want alias=image with semver", name, notes[updater+"image-list"], notes[updater+alias+".update-strategy"])
			continue
		}
		repository, err := chartutil.Values(chartValues).PathValue(notes[updater+alias+".helm.image-name"])
		if err != nil || repository != image {
			t.Errorf("%s: follows %s, but the chart's value is %v (%v)", name, image, repository, err)
		}
		if _, err := chartutil.Values(chartValues).PathValue(notes[updater+alias+".helm.image-tag"]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// followed is an image as an ImageUpdater names it.
type followed struct {
	Alias, ImageName string
	ManifestTargets  struct{ Helm struct{ Name, Tag string } }
}

// The Image Updater 1.x reads the resource, 0.x the annotations: both say the same.
func TestImageUpdaterFollowsWhatTheAnnotationsSay(t *testing.T) {
	var resource struct {
		Metadata struct{ Namespace string }
		Spec     struct {
			WriteBackConfig      struct{ Method string }
			CommonUpdateSettings struct{ UpdateStrategy, AllowTags string }
			ApplicationRefs      []struct {
				NamePattern string
				Images      []followed
			}
		}
	}
	text, err := os.ReadFile(filepath.Join(deployDir, "argocd/image-updater.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &resource); err != nil {
		t.Fatal(err)
	}
	spec, apps := resource.Spec, applications(t)
	var got, want []string
	for _, ref := range spec.ApplicationRefs {
		if app := apps[ref.NamePattern]; app.GetNamespace() != resource.Metadata.Namespace {
			t.Errorf("%s is in namespace %q, the resource in %q", ref.NamePattern, app.GetNamespace(), resource.Metadata.Namespace)
		}
		for _, image := range ref.Images {
			got = append(got, strings.Join([]string{
				ref.NamePattern, image.Alias + "=" + image.ImageName, spec.CommonUpdateSettings.UpdateStrategy, spec.CommonUpdateSettings.AllowTags,
				image.ManifestTargets.Helm.Name, image.ManifestTargets.Helm.Tag, spec.WriteBackConfig.Method,
			}, " "))
		}
	}
	for name, app := range apps {
		notes := app.GetAnnotations()
		if list := notes[updater+"image-list"]; list != "" {
			alias, _, _ := strings.Cut(list, "=")
			want = append(want, strings.Join([]string{
				name, list, notes[updater+alias+".update-strategy"], notes[updater+alias+".allow-tags"],
				notes[updater+alias+".helm.image-name"], notes[updater+alias+".helm.image-tag"], notes[updater+"write-back-method"],
			}, " "))
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the resource follows\n%s\nthe annotations\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestDatabasesAreSyncedFirst(t *testing.T) {
	apps := applications(t)
	wave := func(name string) int {
		app := apps[name]
		n, err := strconv.Atoi(app.GetAnnotations()["argocd.argoproj.io/sync-wave"])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return n
	}
	for _, server := range []string{"postgresql-dev-portal", "nats-dev-portal"} {
		for _, service := range []string{"dev-portal-api", "dev-portal-health-worker", "dev-portal"} {
			if wave(server) >= wave(service) {
				t.Errorf("%s is not synced before %s", server, service)
			}
		}
	}
}
