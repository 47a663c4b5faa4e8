{{/* The ServiceMonitor of a component: of (dict "root" $ "component" "catalog-api"). */}}
{{- define "dev-portal.serviceMonitor" -}}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  {{- include "dev-portal.monitoringMetadata" . | nindent 2 }}
spec:
  selector:
    matchLabels:
      {{- include "dev-portal.selector" . | nindent 6 }}
  endpoints:
    - port: metrics
      interval: 15s
{{- end }}

{{- define "dev-portal.monitoringMetadata" -}}
{{- include "dev-portal.metadata" . }}
{{- with .root.Values.monitoring.labels }}
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* What selects the series of a component in an expression: of (dict "root" $ "component" "catalog-api"). */}}
{{- define "dev-portal.series" -}}
namespace="{{ .root.Release.Namespace }}",job="{{ include "dev-portal.fullname" .root }}-{{ .component }}"
{{- end }}
