{{- define "dev-portal.fetcher.env" -}}
{{- with .Values.fetcher -}}
{{- $tokens := list }}
{{- range $host, $key := .tokens.keys }}{{ $tokens = append $tokens (printf "%s=/etc/dev-portal/tokens/%s" $host $key) }}{{ end -}}
- name: PORTAL_FORGES
  value: {{ join "," .forges | quote }}
- name: PORTAL_FORGE_TOKENS
  value: {{ join "," $tokens | quote }}
- name: PORTAL_GITHUB_APP_ID
  value: {{ if .githubApp.id }}{{ .githubApp.id | int64 | quote }}{{ else }}""{{ end }}
- name: PORTAL_GITHUB_APP_INSTALLATION
  value: {{ if .githubApp.installation }}{{ .githubApp.installation | int64 | quote }}{{ else }}""{{ end }}
- name: PORTAL_GITHUB_APP_KEY
  value: {{ if .githubApp.secret }}/etc/dev-portal/app/{{ .githubApp.key }}{{ else }}""{{ end }}
- name: PORTAL_GITHUB_APP_HOST
  value: {{ .githubApp.host | quote }}
- name: PORTAL_RELEASES_EVERY
  value: {{ .every | quote }}
- name: PORTAL_CALENDARS_EVERY
  value: {{ .calendarsEvery | quote }}
- name: PORTAL_LINKS_EVERY
  value: {{ .linksEvery | quote }}
- name: PORTAL_PROMETHEUS
  value: {{ .prometheus.url | quote }}
- name: PORTAL_PROMETHEUS_TOKEN
  value: {{ if .prometheus.secret }}/etc/dev-portal/prometheus/{{ .prometheus.key }}{{ else }}""{{ end }}
- name: PORTAL_PROMETHEUS_TENANT
  value: {{ .prometheus.tenant | quote }}
- name: PORTAL_PROMETHEUS_EVERY
  value: {{ .prometheus.every | quote }}
- name: PORTAL_HOOKS
  value: ":8000"
- name: PORTAL_HOOKS_SECRET
  value: {{ if .hooks.secret }}/etc/dev-portal/hooks/{{ .hooks.key }}{{ else }}""{{ end }}
- name: PORTAL_DENY
  value: {{ join "," .deny | quote }}
{{- end }}
{{- end }}

{{/* The whole folder is mounted, not the file: only so does a change of the Secret arrive. */}}
{{- define "dev-portal.fetcher.files" -}}
{{- $folders := dict }}
{{- with .Values.fetcher.tokens.secret }}{{ $_ := set $folders "tokens" . }}{{ end }}
{{- with .Values.fetcher.githubApp.secret }}{{ $_ := set $folders "app" . }}{{ end }}
{{- with .Values.fetcher.prometheus.secret }}{{ $_ := set $folders "prometheus" . }}{{ end }}
{{- with .Values.fetcher.hooks.secret }}{{ $_ := set $folders "hooks" . }}{{ end }}
{{- if $folders }}
mounts:
  {{- range $name, $_ := $folders }}
  - {name: {{ $name }}, mountPath: /etc/dev-portal/{{ $name }}, readOnly: true}
  {{- end }}
volumes:
  {{- range $name, $secret := $folders }}
  - name: {{ $name }}
    secret: {secretName: {{ $secret }}, defaultMode: 0440}
  {{- end }}
{{- end }}
{{- end }}

{{- define "dev-portal.fetcher.egress" -}}
{{- with .Values.fetcher.egress -}}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "dev-portal.fetcher.rules" -}}
{{- $series := include "dev-portal.series" (dict "root" . "component" "fetcher") -}}
- alert: DevPortalReleasesLate
  expr: max by (forge) (portal_fetcher_late_seconds{ {{- $series -}} }) > 7200
  for: 10m
  labels: {severity: warning}
  annotations:
    summary: Releases at {{ "{{" }} $labels.forge }} are read {{ "{{" }} $value | humanizeDuration }} late.
    description: The forge takes no requests, or NATS none of its answers. The log of fetcher says which; a token raises the limit of a forge.
{{- end }}
