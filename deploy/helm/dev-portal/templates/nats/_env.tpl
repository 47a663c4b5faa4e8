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
  value: {{ if $.root.Values.nats.tls.secret }}tls{{ else }}nats{{ end }}://{{ $.user }}:$(NATS_PASSWORD)@{{ include "dev-portal.fullname" $.root }}-nats:4222
{{- end }}
{{- end }}
{{- $files := include "dev-portal.natsFiles" . | fromYaml }}
- name: PORTAL_NATS_CREDENTIALS
  value: {{ with $files.keys.credentials }}/etc/dev-portal/nats/{{ . }}{{ else }}""{{ end }}
- name: PORTAL_NATS_CA
  value: {{ with $files.keys.ca }}/etc/dev-portal/nats/{{ . }}{{ else }}""{{ end }}
- name: PORTAL_NATS_CERT
  value: {{ with $files.keys.cert }}/etc/dev-portal/nats/{{ . }}{{ else }}""{{ end }}
- name: PORTAL_NATS_KEY
  value: {{ with $files.keys.key }}/etc/dev-portal/nats/{{ . }}{{ else }}""{{ end }}
{{- end }}

{{/* The Secret with the files by which a service knows NATS and shows who it is, and their
keys in it: of the same as dev-portal.natsEnv. */}}
{{- define "dev-portal.natsFiles" -}}
{{- $keys := dict "credentials" "" "ca" "" "cert" "" "key" "" }}
{{- $secret := "" }}
{{- if .values.natsURL.secret }}
{{- $keys = .values.natsURL.files | default $keys }}
{{- if compact (values $keys) }}{{ $secret = .values.natsURL.secret }}{{ end }}
{{- else if .root.Values.nats.tls.secret }}
{{- $_ := set $keys "ca" "ca.crt" }}
{{- $secret = .root.Values.nats.tls.secret }}
{{- end }}
secret: {{ $secret | quote }}
keys: {{ $keys | toJson }}
{{- end }}

{{/* The server's configuration: that of all editions, the accounts of teams, and TLS. */}}
{{- define "dev-portal.natsConfig" -}}
{{- $config := .Files.Get "files/nats.conf" }}
{{- with .Values.nats.readers }}
{{- $config = replace "  # Accounts of teams: see README.md." (. | trim | indent 2) $config }}
{{- end }}
{{- $config }}
{{- if .Values.nats.tls.secret }}
tls { cert_file: "/etc/nats-tls/tls.crt", key_file: "/etc/nats-tls/tls.key" }
{{ end }}
{{- end }}

{{/* The users of files/nats.conf, which has a password of each of them by its name. */}}
{{- define "dev-portal.natsUsers" -}}
{{- append (include "dev-portal.services" . | fromYaml | keys | sortAlpha) "subscriber" | toJson }}
{{- end }}
