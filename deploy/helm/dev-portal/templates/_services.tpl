{{/* The services: what is deployed for each of them is made of this list, in the templates
of the folder services. Each has

  values    its key in values.yaml
  http      whether people call it, by its port http; else only its metrics are read
  backlog   the consumer whose backlog KEDA may scale it by

and a file services/_<name>.tpl with four templates: its env besides that of NATS, the
files that it reads (mounts and volumes), its egress besides that to NATS, and its alert
rules; each may be empty. */}}
{{- define "dev-portal.services" -}}
catalog-api: {values: catalogApi, http: true}
fetcher: {values: fetcher, http: {{ ne .Values.fetcher.hooks.secret "" }}}
health-worker:
  values: healthWorker
  backlog: {stream: PROBES, consumer: "probers-{{ .Values.healthWorker.location }}"}
{{- end }}
