# Called by helm test. It registers a service for a moment, and has it checked: that
# goes the whole way, from the API to Postgres, NATS, a worker, and back. The health
# URL is the worker's own loopback, so that nothing outside is asked.
ask() { curl -sS --fail-with-body --max-time 15 --retry 5 --retry-connrefused "$@"; }
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

ask -o /dev/null "$WEB/health"
ask "$WEB/" | grep -i '<!doctype html>' >/dev/null
echo 'ok: web serves the page'

echo "ok: catalog-api reaches Postgres and NATS: $(ask "$API/api/health")"

name="helm test $(date +%s)"
id=$(ask -H 'Content-Type: application/json' -d "{\"name\":\"$name\",\"status_url\":\"http://127.0.0.1:9/\"}" "$API/api/services" | field id)
[ -n "$id" ]
trap 'curl -sS --max-time 15 -X DELETE "$API/api/services/$id"' EXIT
echo "ok: registered $id"

seen=$(ask -X POST "$API/api/services/$id/check")
[ "$(echo "$seen" | field status)" = down ]
echo "ok: a worker checked it: $(echo "$seen" | field status_reason)"
