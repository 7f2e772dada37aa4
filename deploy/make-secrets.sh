#!/bin/sh
# Writes the secrets that docker-compose.yml reads into deploy/secrets. A file that is there stays as it is, so that the
# script can be run again: a deleted password is made anew, and so are deleted files that quote it.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets

# Hexadecimal, because the passwords stand in URLs and in JSON as they are.
random() {
  od -An -v -tx1 -N24 /dev/urandom | tr -d ' \n'
}

# The folder is closed to other users; its files are open, because Compose mounts them with their own mode into containers
# that run as other users.
secret() {
  [ -e "secrets/$1" ] || printf '%s\n' "$2" >"secrets/$1"
  chmod 0644 "secrets/$1"
}

secret postgres_password "$(random)"
secret eventstore_password "$(random)"
secret rollcall_admin_key "$(random)"
secret eventstore.env "EVENTSTORE_DEFAULT_ADMIN_PASSWORD=$(random)
EVENTSTORE_DEFAULT_OPS_PASSWORD=$(random)"

postgres=$(cat secrets/postgres_password)
eventstore=$(cat secrets/eventstore_password)
options='tls=true&tlsCAFile=/trust/ca.crt'
secret database_url "postgres://rollcall:$postgres@postgres:5432/rollcall"
secret eventstore_url \
  "esdb://rollcall:$eventstore@eventstore-1:2113,eventstore-2:2113,eventstore-3:2113?$options"
secret eventstore_url_single "esdb://rollcall:$eventstore@eventstore:2113?$options"
