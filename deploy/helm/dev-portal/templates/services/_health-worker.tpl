{{- define "dev-portal.health-worker.env" -}}
{{- with .Values.healthWorker -}}
- name: PORTAL_TIMEOUT
  value: {{ .timeout | quote }}
- name: PORTAL_LOCATION
  value: {{ .location | quote }}
- name: PORTAL_DENY
  value: {{ join "," .deny | quote }}
- name: PORTAL_CONCURRENCY
  value: {{ .concurrency | quote }}
- name: PORTAL_PER_HOST
  value: {{ .perHost | quote }}
{{- end }}
{{- end }}

{{- define "dev-portal.health-worker.files" -}}
{{- end }}

{{- define "dev-portal.health-worker.egress" -}}
{{- with .Values.healthWorker.targets -}}
- to:
    {{- toYaml . | nindent 4 }}
{{- end }}
{{- end }}

{{- define "dev-portal.health-worker.rules" -}}
{{- $series := include "dev-portal.series" (dict "root" . "component" "health-worker") -}}
- alert: DevPortalNoWorker
  expr: absent(up{ {{- $series -}} } == 1)
  for: 2m
  labels: {severity: critical}
  annotations:
    summary: No health worker can be scraped.
    description: Nothing is probed, and every status becomes unknown after three intervals. See why no pod is ready; mostly it is NATS.
- alert: DevPortalProbesLate
  expr: histogram_quantile(0.99, sum by (le) (rate(portal_worker_probe_lag_seconds_bucket{ {{- $series -}} }[5m]))) > 10
  for: 5m
  labels: {severity: warning}
  annotations:
    summary: The latest probes start {{ "{{" }} $value | humanizeDuration }} late.
    description: The workers don't keep up, or wait for hosts that are slow to answer. More pods help with the first.
- alert: DevPortalProbeBacklog
  expr: max(portal_worker_due_backlog{ {{- $series -}} }) > 1000
  for: 5m
  labels: {severity: warning}
  annotations:
    summary: "{{ "{{" }} $value | humanize }} due probes wait for a worker."
    description: Those that nobody takes within their interval are dropped. Let more workers run.
{{- end }}
