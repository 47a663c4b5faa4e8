# Called by helm test. It registers a service for a moment, and has it checked: that
# goes the whole way, from the API to Postgres, NATS, a worker, and back. The health
# URL is the worker's own loopback, so that nothing outside is asked.
call() { curl -sS --max-time 15 ${API_KEY:+-H "Authorization: Bearer $API_KEY"} "$@"; }
ask() { call --fail-with-body --retry 5 --retry-connrefused "$@"; }
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

ask -o /dev/null "$WEB/health"
ask "$WEB/" | grep -i '<!doctype html>' >/dev/null
echo 'ok: web serves the page'

echo "ok: catalog-api reaches Postgres and NATS: $(ask "$API/api/health")"

role=$(ask "$API/api/me" | field role)
case $role in
  editor | admin) ;;
  *)
    echo "ok: who asks has the role $role, so no service was registered: test.apiKey names an editor's API key"
    exit 0
    ;;
esac

name="helm test $(date +%s)"
id=$(ask -H 'Content-Type: application/json' -d "{\"name\":\"$name\",\"status_url\":\"http://127.0.0.1:9/\"}" "$API/api/services" | field id)
[ -n "$id" ]
trap 'call -X DELETE "$API/api/services/$id"' EXIT
echo "ok: registered $id"

seen=$(ask -X POST "$API/api/services/$id/check")
[ "$(echo "$seen" | field status)" = down ]
echo "ok: a worker checked it: $(echo "$seen" | field status_reason)"
