#!/bin/sh
# Starts nats-server with nats.conf; the password of each user is the file nats-<user> in the secrets directory.
set -eu
secrets=${ENTREPOT_SECRETS_DIR:-/run/secrets}
for file in "$secrets"/nats-*; do
  name=$(basename "$file" | tr 'a-z-' 'A-Z_')
  export "ENTREPOT_${name}_PASSWORD=$(cat "$file")"
done
exec nats-server --config "$(dirname "$0")/nats.conf" "$@"
