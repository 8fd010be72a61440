#!/usr/bin/env bash
# Checks what is shipped for running Baton, with whatever is there to check it; what is not is said.
#
#   scripts/check-deploy.sh
#
# NGINX, HAPROXY, PROMTOOL  programs to use instead of those on the PATH
set -euo pipefail
cd "$(dirname "$0")/.."

# Servers are not on everybody's path.
PATH=$PATH:/usr/sbin

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "check-deploy: $1" >&2; exit 1; }
skip() { echo "check-deploy: SKIPPED $1: there is no $2"; }
have() { command -v "$1" >/dev/null 2>&1; }

check_yaml() {
  if ! have python3 || ! python3 -c 'import yaml' 2>/dev/null; then
    skip "compose.yaml and alerts.yml" "python3 with yaml"
    return
  fi
  python3 - <<'PYTHON' || fail "a file of YAML is not as it should be"
import json, re, yaml
compose = yaml.safe_load(open("deploy/compose.yaml"))
services = compose["services"]
for name, service in services.items():
    for other in service.get("depends_on", []):
        assert other in services, f"{name} depends on {other}, which is not there"
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        known = source.startswith("./") or source in compose["volumes"]
        assert known, f"{name} mounts {source}, which is not there"
nodes = [name for name in services if name.startswith("node")]
conf = open("deploy/nginx.conf").read()
for node in nodes:
    assert f"server {node}:8080" in conf, f"nginx does not know {node}"
address = services["nginx"]["networks"]["inside"]["ipv4_address"]
trusted = services[nodes[0]]["environment"]["BATON_HTTP__TRUSTED_PROXIES"]
assert address in trusted, "the nodes do not trust nginx"
# Alerts and the dashboard ask for figures that the server has.
telemetry = "".join(open(f"server/src/telemetry/{name}.rs").read() for name in ("metrics", "process"))
def known(expression, where):
    for name in re.findall(r"\b(?:baton|process)_[a-z_]+", expression):
        bare = re.sub("^baton_", "", re.sub("_(total|bucket|count|sum)$", "", name))
        assert f'"{bare}"' in telemetry, f"{where}: the server has no {name}"
for group in yaml.safe_load(open("docs/alerts.yml"))["groups"]:
    for rule in group["rules"]:
        assert rule["expr"] and rule["annotations"]["todo"], rule["alert"]
        known(rule["expr"], rule["alert"])
for panel in json.load(open("deploy/grafana.json"))["panels"]:
    for target in panel.get("targets", []):
        known(target["expr"], panel["title"])
PYTHON
}

check_nginx() {
  local nginx=${NGINX:-nginx}
  have "$nginx" || { skip nginx.conf nginx; return; }
  # The nodes' names are known inside only, and where it writes is not of interest.
  sed 's/server node[0-9]:8080/server 127.0.0.1:8080/' deploy/nginx.conf >"$work/nginx.conf"
  "$nginx" -t -p "$work" -c "$work/nginx.conf" >"$work/said" 2>&1 || true
  grep -q 'syntax is ok' "$work/said" || { cat "$work/said" >&2; fail "nginx.conf"; }
}

check_haproxy() {
  local haproxy=${HAPROXY:-haproxy}
  have "$haproxy" || { skip haproxy.cfg haproxy; return; }
  "$haproxy" -c -f deploy/haproxy.cfg >"$work/said" 2>&1 ||
    { cat "$work/said" >&2; fail "haproxy.cfg"; }
}

check_unit() {
  have systemd-analyze || { skip baton@.service systemd-analyze; return; }
  # The program need not be installed here.
  sed 's|^ExecStart=.*|ExecStart=/bin/true|' deploy/systemd/baton@.service >"$work/baton@.service"
  systemd-analyze --man=no verify "$work/baton@.service" >"$work/said" 2>&1 ||
    { cat "$work/said" >&2; fail "baton@.service"; }
  ! grep -E 'Unknown|Failed to parse|Invalid' "$work/said" >&2 || fail "baton@.service"
}

check_alerts() {
  local promtool=${PROMTOOL:-promtool}
  have "$promtool" || { skip alerts.yml promtool; return; }
  "$promtool" check rules docs/alerts.yml >"$work/said" 2>&1 ||
    { cat "$work/said" >&2; fail "alerts.yml"; }
}

check_yaml
check_nginx
check_haproxy
check_unit
check_alerts
