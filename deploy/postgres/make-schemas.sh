#!/bin/sh
# Makes a role and a schema of its own for each service, in a new database: run by Postgres's image at its first start, or by hand with PGHOST,
# PGUSER … set. The password of a role is the file database-<service> in the secrets directory.
set -eu
secrets=${ENTREPOT_SECRETS_DIR:-/run/secrets}
database=${POSTGRES_DB:-entrepot}

run() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname "$database" "$@"; }

run --set database="$database" <<'SQL'
revoke all on database :"database" from public;
revoke all on schema public from public;
SQL

for service in catalog iam-authz scanner-orchestrator retention metrics; do
  schema=$(printf '%s' "$service" | tr - _)
  # psql reads the password from the file: on the command line others could see it.
  run --set database="$database" --set schema="$schema" --set role="entrepot_$schema" \
    --set file="$secrets/database-$service" <<'SQL'
\set password `cat :'file'`
create role :"role" login password :'password';
alter role :"role" in database :"database" set search_path = :"schema";
grant connect, temporary on database :"database" to :"role";
create schema :"schema" authorization :"role";
SQL
done
