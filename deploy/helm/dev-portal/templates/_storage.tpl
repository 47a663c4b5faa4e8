{{/* The volume of a StatefulSet's only pod: of (dict "root" $ "component" "nats" "values" .Values.nats). */}}
{{- define "dev-portal.volumeClaim" -}}
- apiVersion: v1
  kind: PersistentVolumeClaim
  metadata:
    name: data
    labels:
      {{- include "dev-portal.selector" . | nindent 6 }}
  spec:
    accessModes: [ReadWriteOnce]
    {{- with .values.storage.className }}
    storageClassName: {{ . }}
    {{- end }}
    resources:
      requests: {storage: {{ .values.storage.size }}}
{{- end }}

{{/* A Secret of passwords that are made once: of (dict "root" $ "component" "nats"
"keys" list). It outlives the release, as the volume does whose server knows them. */}}
{{- define "dev-portal.passwords" -}}
{{- $secret := printf "%s-%s" (include "dev-portal.fullname" .root) .component -}}
apiVersion: v1
kind: Secret
metadata:
  {{- include "dev-portal.metadata" . | nindent 2 }}
  annotations:
    helm.sh/resource-policy: keep
type: Opaque
data:
  {{- range .keys }}
  {{ . }}: {{ include "dev-portal.password" (dict "root" $.root "secret" $secret "key" .) }}
  {{- end }}
{{- end }}
