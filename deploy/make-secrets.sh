#!/bin/sh
# Makes every secret that compose.yaml reads, once, in deploy/secrets. What is there already is kept.
set -eu
cd "$(dirname "$0")"
umask 022
mkdir -p -m 700 secrets
cd secrets

# Compose mounts each file by itself and keeps its mode, and containers run under ids of their own: the folder keeps others out, not the file.
make() { [ -s "$1" ] || printf '%s' "$2" >"$1"; }
# Begins with a letter, for NATS reads it as configuration.
random() { printf 'k%s' "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')"; }

make postgres "$(random)"
for service in catalog iam-authz scanner-orchestrator retention metrics; do
  make "database-$service" "$(random)"
  role=entrepot_$(printf '%s' "$service" | tr - _)
  make "database-url-$service" "postgres://$role:$(cat "database-$service")@postgres:5432/entrepot"
done
for user in registry-gateway catalog iam-authz scanner-orchestrator retention metrics console account-000000000001; do
  make "nats-$user" "$(random)"
done
make iam-pepper "$(random)"
make root-access-key "EK$(od -An -N9 -tx1 /dev/urandom | tr -d ' \n' | tr a-f A-F)"
make root-secret-key "$(random)"

# For a try on this machine; put the certificate of your domain in its place.
if [ ! -s tls.crt ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj '/CN=localhost' \
    -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -keyout tls.key -out tls.crt 2>/dev/null
  chmod 644 tls.key
fi
echo "secrets are in $(pwd)"
