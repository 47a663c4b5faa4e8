{{/* The route to a component, of the kind that ingress.kind says. It takes

  root        $
  component   whose Service it leads to
  path        the prefix that leads there
  rule        what Traefik's rule has after the hosts
*/}}
{{- define "dev-portal.route" -}}
{{- $kind := .root.Values.ingress.kind -}}
{{- if eq $kind "traefik" }}{{ include "dev-portal.ingressRoute" . }}
{{- else if eq $kind "ingress" }}{{ include "dev-portal.ingress" . }}
{{- else if eq $kind "gateway" }}{{ include "dev-portal.httpRoute" . }}
{{- end }}
{{- end }}

{{- define "dev-portal.routeMetadata" -}}
{{- include "dev-portal.metadata" . }}
{{- with .root.Values.ingress.annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Host(`a`), or (Host(`a`) || Host(`b`)). */}}
{{- define "dev-portal.hostRule" -}}
{{- $hosts := list }}
{{- range .Values.ingress.hosts }}{{ $hosts = append $hosts (printf "Host(`%s`)" .) }}{{ end }}
{{- $rule := join " || " $hosts }}
{{- if gt (len $hosts) 1 }}({{ $rule }}){{ else }}{{ $rule }}{{ end }}
{{- end }}

{{- define "dev-portal.ingressRoute" -}}
{{- $ingress := .root.Values.ingress -}}
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata:
  {{- include "dev-portal.routeMetadata" . | nindent 2 }}
spec:
  entryPoints:
    {{- toYaml $ingress.entryPoints | nindent 4 }}
  routes:
    - kind: Rule
      match: {{ include "dev-portal.hostRule" .root }} && {{ .rule }}
      {{- with $ingress.middlewares }}
      middlewares:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      services:
        - name: {{ include "dev-portal.fullname" .root }}-{{ .component }}
          port: http
  {{- with $ingress.tls }}
  tls:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "dev-portal.ingress" -}}
{{- $ingress := .root.Values.ingress -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  {{- include "dev-portal.routeMetadata" . | nindent 2 }}
spec:
  {{- with $ingress.className }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- with $ingress.tls }}
  tls:
    - secretName: {{ .secretName }}
      hosts:
        {{- toYaml $ingress.hosts | nindent 8 }}
  {{- end }}
  rules:
    {{- range $ingress.hosts }}
    - host: {{ . }}
      http:
        paths:
          - path: {{ $.path }}
            pathType: Prefix
            backend:
              service:
                name: {{ include "dev-portal.fullname" $.root }}-{{ $.component }}
                port: {name: http}
    {{- end }}
{{- end }}

{{- define "dev-portal.httpRoute" -}}
{{- $ingress := .root.Values.ingress -}}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  {{- include "dev-portal.routeMetadata" . | nindent 2 }}
spec:
  parentRefs:
    {{- toYaml $ingress.gateways | nindent 4 }}
  hostnames:
    {{- toYaml $ingress.hosts | nindent 4 }}
  rules:
    - matches:
        - path: {type: PathPrefix, value: {{ .path }}}
      backendRefs:
        - name: {{ include "dev-portal.fullname" .root }}-{{ .component }}
          port: 80
{{- end }}
