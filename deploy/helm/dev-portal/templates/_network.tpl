{{/* A peer of a NetworkPolicy: the pods of a component of this portal, of
(dict "root" $ "component" "nats"). */}}
{{- define "dev-portal.peer" -}}
- podSelector:
    matchLabels:
      {{- include "dev-portal.selector" . | nindent 6 }}
{{- end }}

{{/* The egress rule by which names are resolved. */}}
{{- define "dev-portal.dns" -}}
- to:
    {{- toYaml .Values.networkPolicy.dns | nindent 4 }}
  ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
{{- end }}

{{/* The egress rule to a component of this portal: of (dict "root" $ "component" "nats" "port" "client"). */}}
{{- define "dev-portal.egressTo" -}}
- to:
    {{- include "dev-portal.peer" . | nindent 4 }}
  ports:
    - {port: {{ .port }}, protocol: TCP}
{{- end }}

{{/* The ingress rule for those who read metrics: of (dict "root" $ "port" "metrics"). */}}
{{- define "dev-portal.monitoringFrom" -}}
{{- with .root.Values.networkPolicy.monitoringFrom }}
- from:
    {{- toYaml . | nindent 4 }}
  ports:
    - {port: {{ $.port }}, protocol: TCP}
{{- end }}
{{- end }}

{{/* A NetworkPolicy that closes the component, but for "ingress" and "egress", lists of
rules as text: of (dict "root" $ "component" "web" "ingress" … "egress" …). */}}
{{- define "dev-portal.networkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "dev-portal.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "dev-portal.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- with .ingress | default "" | trim }}
  ingress:
    {{- . | nindent 4 }}
  {{- else }}
  ingress: []
  {{- end }}
  {{- with .egress | default "" | trim }}
  egress:
    {{- . | nindent 4 }}
  {{- else }}
  egress: []
  {{- end }}
{{- end }}
