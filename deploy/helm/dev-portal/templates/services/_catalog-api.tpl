{{- define "dev-portal.catalog-api.env" -}}
{{- with .Values.catalogApi.databaseURL }}
{{- if .secret }}
- name: PORTAL_DATABASE_URL
  valueFrom: {secretKeyRef: {name: {{ .secret }}, key: {{ .key }}}}
{{- else }}
- name: POSTGRES_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ include "dev-portal.postgresSecret" $ }}, key: password}}
- name: PORTAL_DATABASE_URL
  value: postgres://portal:$(POSTGRES_PASSWORD)@{{ include "dev-portal.fullname" $ }}-postgresql:5432/portal?sslmode=disable
{{- end }}
{{- end }}
- name: PORTAL_NATS_REPLICAS
  value: {{ .Values.streamReplicas | quote }}
- name: PORTAL_INTERVAL
  value: {{ .Values.catalogApi.interval | quote }}
- name: PORTAL_HTTP
  value: ":8000"
- name: PORTAL_ANONYMOUS
  value: {{ .Values.catalogApi.anonymous.role }}
- name: PORTAL_PUBLISHED
  value: "0.0.0.0" {{- /* the ingress, for whoever reaches it */}}
- name: PORTAL_ANONYMOUS_WRITES_FROM_ANYWHERE
  value: {{ ternary "yes" "no" .Values.catalogApi.anonymous.writesFromAnywhere | quote }}
{{- $name := printf "%s-catalog-api" (include "dev-portal.fullname" .) }}
{{- $inside := list $name (printf "%s.%s" $name .Release.Namespace) (printf "%s.%s.svc" $name .Release.Namespace) (printf "%s.%s.svc.cluster.local" $name .Release.Namespace) }}
- name: PORTAL_HOSTS
  value: {{ concat .Values.ingress.hosts .Values.catalogApi.hosts $inside | uniq | join "," | quote }}
- name: PORTAL_PROXIES
  value: {{ join "," .Values.catalogApi.proxies | quote }}
- name: PORTAL_RATE_LIMIT
  value: {{ .Values.catalogApi.rateLimit | quote }}
- name: PORTAL_STREAM_LIMIT
  value: {{ .Values.catalogApi.streamLimit | quote }}
{{- with .Values.catalogApi.signOn }}
- name: PORTAL_PUBLIC_URL
  value: {{ .publicURL | quote }}
- name: PORTAL_OIDC_ISSUER
  value: {{ .oidc.issuer | quote }}
- name: PORTAL_OIDC_CLIENT
  value: {{ .oidc.client | quote }}
- name: PORTAL_OIDC_SECRET_FILE
  value: {{ if .oidc.clientSecret.secret }}/etc/dev-portal/oidc/{{ .oidc.clientSecret.key }}{{ else }}""{{ end }}
- name: PORTAL_OIDC_SCOPES
  value: {{ .oidc.scopes | quote }}
- name: PORTAL_OIDC_NAME
  value: {{ .oidc.name | quote }}
- name: PORTAL_FORWARD_AUTH
  value: {{ .forwardAuth.proxy | quote }}
- name: PORTAL_FORWARD_AUTH_FROM
  value: {{ join "," .forwardAuth.from | quote }}
- name: PORTAL_CLOUDFLARE_TEAM
  value: {{ .forwardAuth.cloudflareTeam | quote }}
- name: PORTAL_CLOUDFLARE_AUDIENCE
  value: {{ .forwardAuth.cloudflareAudience | quote }}
- name: PORTAL_GROUPS
  value: {{ join ";" .groups | quote }}
- name: PORTAL_GROUPS_CLAIM
  value: {{ .groupsClaim | quote }}
- name: PORTAL_SESSION_CHECK
  value: {{ .check | quote }}
{{- end }}
- name: PORTAL_KEYS_FILE
  value: {{ if .Values.catalogApi.keys.secret }}/etc/dev-portal/keys/{{ .Values.catalogApi.keys.key }}{{ else }}""{{ end }}
- name: PORTAL_TRAIL_DAYS
  value: {{ .Values.catalogApi.trailDays | quote }}
- name: PORTAL_PUBLIC_BADGES
  value: {{ .Values.catalogApi.publicBadges | quote }}
- name: PORTAL_SCORECARD_OFF
  value: {{ join "," .Values.catalogApi.scorecardOff | quote }}
- name: PORTAL_HISTORY_PROBE_DAYS
  value: {{ .Values.catalogApi.history.probeDays | quote }}
- name: PORTAL_HISTORY_HOUR_DAYS
  value: {{ .Values.catalogApi.history.hourDays | quote }}
- name: PORTAL_HISTORY_YEARS
  value: {{ .Values.catalogApi.history.years | quote }}
{{- end }}

{{/* The whole folder is mounted, not the file: only so does a change of the Secret arrive. */}}
{{- define "dev-portal.catalog-api.files" -}}
{{- $folders := dict }}
{{- with .Values.catalogApi.keys.secret }}{{ $_ := set $folders "keys" . }}{{ end }}
{{- with .Values.catalogApi.signOn.oidc.clientSecret.secret }}{{ $_ := set $folders "oidc" . }}{{ end }}
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

{{- define "dev-portal.catalog-api.egress" -}}
{{- if not .Values.catalogApi.databaseURL.secret }}
{{ include "dev-portal.egressTo" (dict "root" . "component" "postgresql" "port" "postgres") }}
{{- end }}
{{- if or .Values.catalogApi.signOn.oidc.issuer .Values.catalogApi.signOn.forwardAuth.cloudflareTeam }}
- ports: [{port: 443, protocol: TCP}] # the sign-on, wherever it is
{{- end }}
{{- with .Values.catalogApi.egress }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "dev-portal.catalog-api.rules" -}}
{{- $series := include "dev-portal.series" (dict "root" . "component" "catalog-api") -}}
- alert: DevPortalDown
  expr: absent(up{ {{- $series -}} } == 1)
  for: 2m
  labels: {severity: critical}
  annotations:
    summary: No replica of catalog-api can be scraped.
    description: The portal can't be read or changed. See why its pods aren't ready; mostly it is Postgres.
- alert: DevPortalOutboxOld
  expr: max(portal_outbox_age_seconds{ {{- $series -}} }) > 60
  for: 2m
  labels: {severity: warning}
  annotations:
    summary: Changes have waited {{ "{{" }} $value | humanizeDuration }} to be published.
    description: NATS doesn't take them, so new services aren't probed and subscribers hear nothing. Nothing is lost; it goes on when NATS is back. If NATS runs, restart it, as after a full disk it fails until then.
- alert: DevPortalNotWorking
  expr: min by (check) (portal_health{ {{- $series -}} }) == 0
  for: 1m
  labels: {severity: critical}
  annotations:
    summary: The portal's check "{{ "{{" }} $labels.check }}" fails.
    description: >-
      GET /api/health says what that means and what to do. postgres: its disk, its log, locks on the table services.
      nats, streams, outbox: restart NATS after a look at its disk. consumers, workers, results: the log of health-worker.
      live: delete consumers of PORTAL that nobody needs.
{{- end }}
