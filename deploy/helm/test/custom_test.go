package chart

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime"
	kschema "k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

// sources are the modules that carry the definitions of the resource types that
// aren't Kubernetes' own, with the sum of each as go.sum would have it. The
// modules are only downloaded: compiling Traefik's and Argo CD's types would take
// some hundred packages of clouds and providers, to know less than the
// definitions do, which have the enumerations and patterns too.
var sources = []struct{ module, sum, file string }{
	{
		"github.com/traefik/traefik/v3@v3.6.12", "h1:6pe4s7aaDTQs+AsF7KP3sM/xnq7zOVvibRQe5tw9eFo=",
		"docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml",
	},
	{
		"github.com/argoproj/argo-cd/v3@v3.5.7", "h1:Xm1BF+I5OgDKUG3SDK49vn2/Y5AMyaNVko+/JT08gj0=",
		"manifests/crds/application-crd.yaml",
	},
	{
		"github.com/argoproj-labs/argocd-image-updater@v1.2.1", "h1:yaJdmpFOOKTkC9688/a7jjOBLpCREj7Wdnmn4A3v1nU=",
		"config/crd/bases/argocd-image-updater.argoproj.io_imageupdaters.yaml",
	},
	{
		"sigs.k8s.io/gateway-api@v1.4.1", "h1:NPxFutNkKNa8UfLd2CMlEuhIPMQgDQ6DXNKG9sHbJU8=",
		"config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",
	},
	{
		"github.com/prometheus-operator/prometheus-operator@v0.85.0", "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
		"example/prometheus-operator-crd/monitoring.coreos.com_*s.yaml",
	},
	{
		"github.com/kedacore/keda/v2@v2.18.1", "h1:h6bRt/IOxxtZpJlHSqhdH/lcInH7Z9obxg/JvWOmGAw=",
		"config/crd/bases/keda.sh_scaledobjects.yaml",
	},
}

// resourceType is one version of a resource type, by its definition.
type resourceType struct {
	structural *schema.Structural
	validator  validation.SchemaValidator
}

// check finds unknown fields and wrong values, as the API server does.
func (r resourceType) check(object map[string]any) error {
	object = runtime.DeepCopyJSON(object)
	var wrong []error
	unknown := pruning.PruneWithOptions(object, r.structural, true, schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	for _, path := range unknown {
		wrong = append(wrong, fmt.Errorf("unknown field %q", path))
	}
	for _, err := range validation.ValidateCustomResource(nil, object, r.validator) {
		wrong = append(wrong, err)
	}
	return errors.Join(wrong...)
}

// customTypes returns the resource types of all sources, by group, version and kind.
func customTypes(t *testing.T) map[string]resourceType {
	t.Helper()
	out := map[string]resourceType{}
	for _, source := range sources {
		paths, err := filepath.Glob(filepath.Join(moduleDir(t, source.module, source.sum), source.file))
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s has no %s (%v)", source.module, source.file, err)
		}
		for _, path := range paths {
			if err := readTypes(path, out); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
		}
	}
	return out
}

// moduleDir downloads a module, unless it is there, and checks its sum.
func moduleDir(t *testing.T, module, sum string) string {
	t.Helper()
	cmd := exec.Command("go", "mod", "download", "-json", module)
	cmd.Dir = t.TempDir()                                       // of no module, so that no go.sum is asked
	cmd.Env = append(os.Environ(), "GOWORK=off", "GONOSUMDB=*") // the sum is compared below
	text, err := cmd.Output()
	var got struct{ Dir, Sum, Error string }
	if errJSON := json.Unmarshal(text, &got); errJSON != nil || err != nil || got.Error != "" {
		t.Fatalf("download %s: %s (%v)", module, got.Error, errors.Join(err, errJSON))
	}
	if got.Sum != sum {
		t.Fatalf("%s has the sum %s, want %s", module, got.Sum, sum)
	}
	return got.Dir
}

func readTypes(path string, into map[string]resourceType) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for _, part := range separator.Split(string(text), -1) {
		var crd apiextensionsv1.CustomResourceDefinition
		if err := yaml.Unmarshal([]byte(part), &crd); err != nil {
			return err
		}
		for _, version := range crd.Spec.Versions {
			gvk := kschema.GroupVersionKind{Group: crd.Spec.Group, Version: version.Name, Kind: crd.Spec.Names.Kind}
			if !strings.Contains(kindsInUse, " "+gvk.Kind+" ") {
				continue // the others are many and large
			}
			r, err := newResourceType(version.Schema.OpenAPIV3Schema)
			if err != nil {
				return fmt.Errorf("%s: %w", gvk, err)
			}
			into[gvk.String()] = r
		}
	}
	return nil
}

const kindsInUse = " IngressRoute Application ImageUpdater HTTPRoute ServiceMonitor PrometheusRule ScaledObject "

func newResourceType(props *apiextensionsv1.JSONSchemaProps) (resourceType, error) {
	var internal apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(props, &internal, nil); err != nil {
		return resourceType{}, err
	}
	structural, err := schema.NewStructural(&internal)
	if err != nil {
		return resourceType{}, err
	}
	validator, _, err := validation.NewSchemaValidator(&internal)
	return resourceType{structural, validator}, err
}
