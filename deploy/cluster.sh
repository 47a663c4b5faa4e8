# What test-cluster works with: it sets namespace, release, host, traefik, api_key, values
# and began.
# shellcheck shell=bash disable=SC2016,SC2154

say() { printf '%4d s  %s\n' $((SECONDS - began)) "$*"; }
# has PATTERN — in standard input, which it reads to the end: nobody writes to a closed pipe.
has() { grep -iE -- "$1" >/dev/null; }
ok() { say "ok: $*"; }
fail() { say "FAILED: $*"; exit 1; }
k() { kubectl -n "$namespace" "$@"; }

# upgrade ARGS... — installs or upgrades, and waits until all of it is ready.
upgrade() { helm upgrade --install "$release" deploy/helm/dev-portal -n "$namespace" --wait --timeout 5m "${values[@]}" "$@" >/dev/null; }

# api METHOD PATH [JSON] — the answer of the portal behind Traefik; fails at 4xx and 5xx.
api() {
  curl -sS --fail-with-body --max-time 15 -H "Host: $host" -H 'Content-Type: application/json' \
    ${api_key:+-H "Authorization: Bearer $api_key"} -X "$1" "$traefik$2" ${3:+--data "$3"}
}

# ids — those of the services in standard input.
ids() { grep -o '"id":"[^"]*"' | cut -d'"' -f4; }
register() { api POST /api/services "{\"name\":\"$1\"}" | ids; }

# until_ok SECONDS WHAT COMMAND...
until_ok() {
  local end=$((SECONDS + $1)) what=$2; shift 2
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || fail "$what"
    sleep 0.5
  done
}

# pods COMPONENT — names of its pods that are ready, and not about to go.
pods() {
  k get pods -l "app.kubernetes.io/component=$1" -o go-template='{{range .items}}{{$pod := .metadata}}{{if not $pod.deletionTimestamp}}{{range .status.conditions}}{{if and (eq .type "Ready") (eq .status "True")}}{{$pod.name}}{{"\n"}}{{end}}{{end}}{{end}}{{end}}'
}

# What is waited for.
ready() { [ "$(pods "$1" | wc -l)" = "$2" ]; }
rolled_out() { k rollout status --timeout=1s "$(k get deployment,statefulset -l "app.kubernetes.io/component=$1" -o name)"; }
healthy() { api GET /api/health | has '"status":"ok"'; }
ended() { k get pod "$1" -o jsonpath='{.status.phase}' | has 'Succeeded|Failed'; }
uninstalled() { [ -z "$(k get pods -l app.kubernetes.io/component!=test -o name)" ]; }
outbox_empty() {
  local pod
  for pod in $(pods catalog-api); do inside "$pod:9090" /metrics | has '^portal_outbox_pending 0$' || return 1; done
}

# inside POD:PORT PATH — asks a pod by way of the API server.
inside() { kubectl get --raw "/api/v1/namespaces/$namespace/pods/$1/proxy$2"; }
