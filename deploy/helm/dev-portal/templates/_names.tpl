{{- define "dev-portal.fullname" -}}
{{ .Values.fullnameOverride | default .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* The labels that selectors use: of (dict "root" $ "component" "web"). They have no
version, so that an upgrade restarts only what it changes. */}}
{{- define "dev-portal.selector" -}}
app.kubernetes.io/name: dev-portal
app.kubernetes.io/instance: {{ include "dev-portal.fullname" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* metadata of (dict "root" $ "component" "web"), and "name" where it is another. */}}
{{- define "dev-portal.metadata" -}}
name: {{ .name | default (printf "%s-%s" (include "dev-portal.fullname" .root) .component) }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "dev-portal.selector" . | nindent 2 }}
  app.kubernetes.io/part-of: dev-portal
  app.kubernetes.io/managed-by: {{ .root.Release.Service }}
  app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
  helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "dev-portal.postgresSecret" -}}
{{ .Values.postgresql.existingSecret | default (printf "%s-postgresql" (include "dev-portal.fullname" .)) }}
{{- end }}

{{- define "dev-portal.natsSecret" -}}
{{ .Values.nats.existingSecret | default (printf "%s-nats" (include "dev-portal.fullname" .)) }}
{{- end }}

{{/* The password of (dict "root" $ "secret" name "key" key), in base64: what the cluster
has already, or else a new one. A letter comes first, or NATS might read a number. */}}
{{- define "dev-portal.password" -}}
{{- $there := lookup "v1" "Secret" .root.Release.Namespace .secret | default dict -}}
{{- get ($there.data | default dict) .key | default (printf "p%s" (randAlphaNum 31) | b64enc) -}}
{{- end }}
