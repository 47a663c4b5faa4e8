{{/*
The pod template of every component, and with it the rules that all pods keep. It takes

  root        $
  component   name of the component, and of its container
  values      the component's values: image, resources
  user        the user and group that it runs as
  grace       seconds from the request to stop until it is killed
  container   the rest of the container: args, env, ports, probes, lifecycle
  mounts      volumeMounts besides /tmp, a list
  volumes     volumes besides /tmp's, a list
  annotations of the pod, a map
*/}}
{{- define "dev-portal.podTemplate" -}}
metadata:
  labels:
    {{- include "dev-portal.selector" . | nindent 4 }}
  {{- with merge (dict) .root.Values.podAnnotations (.annotations | default dict) }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .grace }}
  securityContext:
    runAsNonRoot: true
    runAsUser: {{ .user }}
    runAsGroup: {{ .user }}
    fsGroup: {{ .user }}
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  topologySpreadConstraints:
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "dev-portal.selector" $ | nindent 10 }}
    {{- end }}
  {{- with .root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ .component }}
      image: "{{ .values.image.repository }}:{{ .values.image.tag | default .root.Chart.AppVersion }}"
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      securityContext:
        {{- include "dev-portal.containerSecurity" . | nindent 8 }}
      {{- .container | nindent 6 }}
      resources:
        {{- toYaml .values.resources | nindent 8 }}
      volumeMounts:
        - {name: tmp, mountPath: /tmp}
        {{- with .mounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: tmp
      emptyDir: {medium: Memory, sizeLimit: 16Mi}
    {{- with .volumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{- define "dev-portal.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* A rolling update that never has fewer pods than asked for. */}}
{{- define "dev-portal.rollingUpdate" -}}
type: RollingUpdate
rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
{{- end }}

{{/* Time for proxies to hear that the pod is going, before it stops to listen. The
kubelet waits itself, as the images have no shell. */}}
{{- define "dev-portal.preStop" -}}
lifecycle:
  preStop:
    sleep: {seconds: 10}
{{- end }}

{{/* The probes of a service that serves /livez and /readyz on its port metrics. */}}
{{- define "dev-portal.probes" -}}
startupProbe:
  httpGet: {path: /livez, port: metrics}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /livez, port: metrics}
  periodSeconds: 10
  timeoutSeconds: 3
readinessProbe:
  httpGet: {path: /readyz, port: metrics}
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 2
{{- end }}

{{/* One pod at a time may be moved from its node: of (dict "root" $ "component" "web"). */}}
{{- define "dev-portal.podDisruptionBudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "dev-portal.metadata" . | nindent 2 }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "dev-portal.selector" . | nindent 6 }}
{{- end }}
