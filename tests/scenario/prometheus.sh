#!/bin/sh
# prometheus.sh WPBLOAT SERVE_FIXTURE - what packaging/ gives a fleet, in the hands of the
# real Prometheus and Alertmanager: rules, routing, dashboard, and /metrics scraped, of an
# agent and of a host that is made up to be as large and as hostile as can be.
set -eu

wpbloat=$1
fixture=$2
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"
packaging=$repository/packaging

need promtool amtool prometheus prometheus-alertmanager curl openssl redis-server redis-cli php \
    "$python"

free_port() {
    "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# ask NAME URL [ARGUMENT...]: the answer is in $work/NAME.out; 0 when it is a good one.
ask() {
    ask_name=$1 ask_url=$2
    shift 2
    curl -sS --fail --max-time 20 "$@" "$ask_url" >"$work/$ask_name.out" 2>"$work/$ask_name.err"
}

# ---- what can be checked without anything running

promtool check rules "$packaging/prometheus/wpbloat.rules.yml" >"$work/rules.log" ||
    fail "promtool refuses the rules"
promtool check config "$packaging/prometheus/prometheus.yml" >"$work/config.log" ||
    fail "promtool refuses the example of a configuration"
promtool test rules "$here/prometheus_rules.yml" >"$work/test-rules.log" 2>&1 ||
    fail "the rules do not do what prometheus_rules.yml says"
amtool check-config "$packaging/alertmanager/alertmanager.yml" >"$work/amtool.log" ||
    fail "amtool refuses alertmanager.yml"

# Every rule has a test, and every series that rules and dashboard name is exported.
sed -n 's/^ *- alert: //p' "$packaging/prometheus/wpbloat.rules.yml" >"$work/alerts"
[ "$(wc -l <"$work/alerts")" -ge 10 ] || fail "hardly any alerting rules were found"
while read -r alert; do
    grep -q "alertname: $alert\$" "$here/prometheus_rules.yml" || fail "no test of the rule $alert"
done <"$work/alerts"
sed 's/[a-z]*:wpbloat_[a-z_:]*//g' "$packaging/prometheus/wpbloat.rules.yml" \
    "$packaging/grafana/wpbloat.json" | grep -o 'wpbloat_[a-z_]*[a-z]' | sort -u >"$work/names"
[ "$(wc -l <"$work/names")" -ge 20 ] || fail "hardly any series were found"
while read -r name; do
    grep -q "^| \`$name\` |" "$repository/docs/metrics.md" || fail "$name is exported nowhere"
done <"$work/names"

# route EXPECTED LABEL...: who would hear of an alert with these labels.
route() {
    route_to=$1
    shift
    [ "$(amtool config routes test --config.file "$packaging/alertmanager/alertmanager.yml" "$@" 2>>"$work/routes.log")" = "$route_to" ] ||
        fail "an alert with $* does not go to $route_to"
}
route team-checkout alertname=WpbloatFindingCritical owner=team-checkout severity=critical
route team-checkout alertname=cache.notoptions_bloat owner=team-checkout severity=warning
route operations alertname=WpbloatFindingCritical site=other severity=critical
route monitoring alertname=WpbloatDown host=a severity=warning
route monitoring alertname=WpbloatDeliveryStuck owner=team-checkout severity=critical

# ---- the server, to curl

token=a-token-of-this-test
# start_fixture NAME ARGUMENT...: sets $port.
start_fixture() {
    fixture_name=$1
    shift
    "$fixture" 25 "$@" >"$work/$fixture_name.port" 2>"$work/$fixture_name.log" &
    fixture_pid=$!
    server_pids="$server_pids $fixture_pid"
    wait_for "serve_fixture" "$fixture_pid" grep -q '^port' "$work/$fixture_name.port"
    port=$(sed -n 's/^port //p' "$work/$fixture_name.port")
}
start_fixture unix "path=$work/http.sock"
for document in metrics healthz findings.json ''; do
    ask document "http://localhost/$document" --unix-socket "$work/http.sock" ||
        fail "/$document cannot be had over the unix socket"
    [ -s "$work/document.out" ] || fail "/$document is empty"
done
stop_server "$fixture_pid"
[ ! -e "$work/http.sock" ] || fail "the socket was left behind"

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$work/key.pem" -out "$work/cert.pem" \
    2>"$work/openssl.log" || fail "no certificate could be made"
if "$fixture" 1 "cert=$work/key.pem" "key=$work/cert.pem" >"$work/swapped.out" 2>"$work/swapped.err"; then
    fail "a key was taken for a certificate"
fi
expect_line swapped err 'certificate and key'
start_fixture tls "token=$token" "cert=$work/cert.pem" "key=$work/key.pem"
ask tls "https://127.0.0.1:$port/metrics" --cacert "$work/cert.pem" \
    -H "Authorization: Bearer $token" || fail "/metrics cannot be had over TLS"
promtool check metrics <"$work/tls.out" >"$work/metrics.log" 2>&1 || fail "promtool refuses /metrics"
if ask tls "http://127.0.0.1:$port/metrics"; then fail "TLS was asked for, and plain HTTP is served"; fi
if ask tls "https://127.0.0.1:$port/metrics" --cacert "$work/cert.pem"; then fail "no token was asked for"; fi
ask health "https://127.0.0.1:$port/healthz" --cacert "$work/cert.pem" || fail "/healthz asks for a token"
if ask old "https://127.0.0.1:$port/healthz" --cacert "$work/cert.pem" --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0; then
    fail "TLS 1.1 is spoken"
fi

# ---- an agent, on a Redis in trouble

start_redis redis --maxmemory 64mb --maxmemory-policy volatile-lru
php "$here/notoptions.php" "$work/redis.sock" 0 21000
agent_port=$(free_port)
cat >"$work/wpbloat.conf" <<EOF
[agent]
state = $work/state
listen = 127.0.0.1:$agent_port
listen_token_file = $work/token
interval = 1s
sites = none
[site shop]
redis = unix://$work/redis.sock
redis_prefix = wp:
memory_limit = 256M
owner = team-checkout
[sink file]
path = $work/alerts.jsonl
EOF
printf '%s' "$token" >"$work/token"
chmod 600 "$work/wpbloat.conf" "$work/token"
"$wpbloat" agent --config "$work/wpbloat.conf" >"$work/agent.out" 2>"$work/agent.log" &
agent_pid=$!
server_pids="$server_pids $agent_pid"

# ---- Prometheus, by the example's configuration but for addresses and patience

tls_port=$port
start_fixture plain "token=$token"
prometheus_port=$(free_port)
{
    printf 'global:\n  evaluation_interval: 1s\n'
    sed -e "s|  - wpbloat.rules.yml|  - $packaging/prometheus/wpbloat.rules.yml|" \
        -e 's/60s/1s/' -e 's/scrape_timeout: 10s/scrape_timeout: 1s/' \
        -e "s/127.0.0.1:9847/127.0.0.1:$port/" \
        -e 's/^    # authorization:/    authorization:/' \
        -e "s|^    #   credentials_file:.*|      credentials_file: $work/token|" \
        "$packaging/prometheus/prometheus.yml"
} >"$work/prometheus.yml"
# The same host once more, over TLS and with a name of its own.
cat >>"$work/prometheus.yml" <<EOF
  - job_name: wpbloat-tls
    scheme: https
    scrape_interval: 1s
    sample_limit: 312
    tls_config: {ca_file: $work/cert.pem}
    authorization: {credentials_file: $work/token}
    static_configs:
      - targets: ["127.0.0.1:$tls_port"]
        labels: {host: web-17}
  - job_name: wpbloat-agent
    scrape_interval: 1s
    sample_limit: 312
    authorization: {credentials_file: $work/token}
    static_configs:
      - targets: ["127.0.0.1:$agent_port"]
EOF
promtool check config "$work/prometheus.yml" >"$work/config.log" 2>&1 ||
    fail "what was made of the example is no configuration"
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/tsdb" \
    --web.listen-address="127.0.0.1:$prometheus_port" >"$work/prometheus.log" 2>&1 &
prometheus_pid=$!
server_pids="$server_pids $prometheus_pid"
prometheus=http://127.0.0.1:$prometheus_port/api/v1

query() {
    ask "$1" "$prometheus/query" -G --data-urlencode "query=$2"
}
# counts EXPRESSION NUMBER: what the expression gives, now.
counts() {
    query counts "$1" && "$python" "$here/expect_json.py" "$work/counts.out" \
        "[float(r['value'][1]) for r in d['data']['result']] == [$2]"
}
wait_for "a scrape by Prometheus" "$prometheus_pid" counts 'sum(up)' 3
wait_for "what Prometheus scraped" "$prometheus_pid" counts 'sum(wpbloat_sites{job="wpbloat"})' 25
# Nineteen of the twenty sites are that owner's, with three severities each.
wait_for "the recording rules" "$prometheus_pid" counts \
    'count(site:wpbloat_findings:owned{job="wpbloat",owner="team-checkout"})' 57

# Twenty sites and "other", twelve series each at most; sixty of the host.
query series 'count by (job) ({__name__=~"wpbloat_.*"})' || fail "Prometheus does not count"
expect_json series 'len(d["data"]["result"]) == 3' \
    'all(20 < int(r["value"][1]) <= 60 + 12 * 21 for r in d["data"]["result"])' \
    'max(int(r["value"][1]) for r in d["data"]["result"]) > 250'
counts 'wpbloat_series_emitted{job="wpbloat"} - scalar(count({__name__=~"wpbloat_.*",job="wpbloat"}))' 0 ||
    fail "wpbloat_series_emitted is another number than Prometheus counts"
counts 'count(count by (site) ({__name__=~"wpbloat_.*",job="wpbloat",site!=""}))' 21 || fail "not 21 sites"
counts 'wpbloat_up{host="web-17"}' 1 || fail "the host of the configuration is not the label"
counts 'wpbloat_up{host="127.0.0.1"}' 1 || fail "the address is not the host"

# The agent's own: its site, its alerts once they fire, and what it has delivered.
wait_for "the agent's look" "$agent_pid" counts \
    'wpbloat_notoptions_names{job="wpbloat-agent",site="shop"}' 21000
wait_for "the agent's alert" "$agent_pid" counts \
    '(wpbloat_alerts{job="wpbloat-agent",state="firing"} > 0) ^ 0' 1
wait_for "the agent's delivery" "$agent_pid" counts \
    '(wpbloat_sink_delivered_total{job="wpbloat-agent",sink="file"} > 0) ^ 0' 1
wait_for "the agent's finding and its owner, in the rules" "$prometheus_pid" counts \
    'count(site:wpbloat_findings:owned{job="wpbloat-agent",severity="critical",owner="team-checkout"} > 0)' 1
query agent 'count({__name__=~"wpbloat_.*",job="wpbloat-agent"})' || fail "Prometheus does not count"
expect_json agent '30 < int(d["data"]["result"][0]["value"][1]) <= 60 + 12'

# What means harm is a label's value where a site's owner is, and nowhere else.
ask everything "$prometheus/series" -G --data-urlencode 'match[]={__name__=~"wpbloat_.*"}' ||
    fail "Prometheus does not list its series"
expect_json everything \
    'set(s["__name__"] for s in d["data"] if any("script" in v for v in s.values())) == {"wpbloat_site_info"}' \
    'all(set(s) <= {"__name__", "job", "instance", "host", "site", "severity", "status", "state", "sink", "server", "owner", "object_cache", "version"} for s in d["data"])'

# Each expression of the dashboard is understood, and most find something.
"$python" - "$packaging/grafana/wpbloat.json" >"$work/expressions" <<'EOF'
import json, sys
dashboard = json.load(open(sys.argv[1]))
assert [v["name"] for v in dashboard["templating"]["list"]] == ["datasource", "host", "site"]
ids = [panel["id"] for panel in dashboard["panels"]]
assert len(ids) == len(set(ids))
for panel in dashboard["panels"]:
    for target in panel.get("targets", []):
        assert target["datasource"]["uid"] == panel["datasource"]["uid"] == "${datasource}"
        print(target["expr"].replace("$host", ".*").replace("$site", ".*"))
EOF
[ "$(wc -l <"$work/expressions")" -ge 20 ] || fail "the dashboard has hardly any expressions"
found=0
while read -r expression; do
    query panel "$expression" || fail "the dashboard asks what Prometheus does not understand: $expression"
    grep -q '"result":\[\]' "$work/panel.out" || found=$((found + 1))
done <"$work/expressions"
[ "$found" -ge 20 ] || fail "only $found expressions of the dashboard find anything"

# The rules stand on what is scraped.
critical_is_pending() {
    ask pending "$prometheus/alerts" && "$python" "$here/expect_json.py" "$work/pending.out" \
        '[a["labels"]["site"] for a in d["data"]["alerts"] if a["labels"]["alertname"] == "WpbloatFindingCritical" and a["labels"]["job"] == "wpbloat"] == ["site000"]'
}
wait_for "an alert of Prometheus" "$prometheus_pid" critical_is_pending

# ---- an agent that ends is seen to be down

stop_server "$fixture_pid"
wait_for "the end of an agent" "$prometheus_pid" counts 'up{job="wpbloat"}' 0
stop_server "$prometheus_pid"

# ---- Alertmanager: what is inhibited by what

alertmanager_port=$(free_port)
# Nobody listens where it would deliver to; that is not asked.
prometheus-alertmanager --config.file="$packaging/alertmanager/alertmanager.yml" \
    --storage.path="$work/alertmanager" --cluster.listen-address= \
    --web.listen-address="127.0.0.1:$alertmanager_port" >"$work/alertmanager.log" 2>&1 &
alertmanager_pid=$!
server_pids="$server_pids $alertmanager_pid"
alertmanager=http://127.0.0.1:$alertmanager_port
wait_for alertmanager "$alertmanager_pid" ask ready "$alertmanager/-/ready"
add() {
    amtool --alertmanager.url="$alertmanager" alert add "$@" || fail "an alert was refused: $*"
}
add cache.notoptions_bloat severity=critical host=a site=shop
add cache.notoptions_bloat severity=warning host=a site=shop
add cache.notoptions_bloat severity=warning host=a site=blog
add cache.ttlless_share severity=warning host=a site=shop
add WpbloatFindingCritical severity=critical host=b site=shop owner=team-checkout
add WpbloatNotoptionsGrowing severity=warning host=b site=shop owner=team-checkout
add WpbloatDown severity=warning host=c
add WpbloatFindingCritical severity=critical host=c site=shop
inhibited() {
    ask inhibited "$alertmanager/api/v2/alerts" && "$python" "$here/expect_json.py" "$work/inhibited.out" \
        'sorted(" ".join(a["labels"].get(k, "-") for k in ("alertname", "severity", "host", "site")) for a in d if a["status"]["state"] == "suppressed") == ["WpbloatFindingCritical critical c shop", "WpbloatNotoptionsGrowing warning b shop", "cache.notoptions_bloat warning a shop"]' \
        'sum(a["status"]["state"] == "active" for a in d) == 5'
}
wait_for "inhibition by Alertmanager" "$alertmanager_pid" inhibited
