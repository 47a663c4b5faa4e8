{{/* The variables by which a service finds NATS: of (dict "root" $ "values" its values
"user" its user in files/nats.conf). */}}
{{- define "dev-portal.natsEnv" -}}
{{- with .values.natsURL }}
{{- if .secret }}
- name: PORTAL_NATS_URL
  valueFrom: {secretKeyRef: {name: {{ .secret }}, key: {{ .key }}}}
{{- else }}
- name: NATS_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ include "dev-portal.natsSecret" $.root }}, key: {{ $.user }}}}
- name: PORTAL_NATS_URL
  value: nats://{{ $.user }}:$(NATS_PASSWORD)@{{ include "dev-portal.fullname" $.root }}-nats:4222
{{- end }}
{{- end }}
{{- end }}

{{/* The users of files/nats.conf, which has a password of each of them by its name. */}}
{{- define "dev-portal.natsUsers" -}}
{{- append (include "dev-portal.services" . | fromYaml | keys | sortAlpha) "subscriber" | toJson }}
{{- end }}
