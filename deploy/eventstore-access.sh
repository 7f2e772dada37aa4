#!/bin/sh
# Gives Rollcall a user of its own in EventStoreDB, and the rights that it needs and no others. States them anew when it
# runs again: so a changed password in the file becomes the user's. Arguments: the addresses of the nodes.
set -eu

USER_NAME=rollcall
ATTEMPTS=${ATTEMPTS:-60}
: "${EVENTSTORE_DEFAULT_ADMIN_PASSWORD:?is missing: see deploy/make-secrets.sh}"
password=$(cat /run/secrets/eventstore_password)
answer=$(mktemp)

# Arguments: account, path, then curl's own. Prints the status.
request() {
  account=$1
  path=$2
  shift 2
  curl --silent --max-time 10 --cacert /trust/ca.crt --user "$account" \
    --output "$answer" --write-out '%{http_code}' "$@" "$leader$path" || true
}

# Arguments: what is done, the statuses that mean success, the status found.
expect() {
  case " $2 " in
    *" $3 "*) echo "$1: done" ;;
    *)
      echo "$1: EventStoreDB answered $3: $(head -c 500 "$answer")" >&2
      exit 1
      ;;
  esac
}

as_admin() {
  request "admin:$EVENTSTORE_DEFAULT_ADMIN_PASSWORD" "$@"
}

# Arguments: path, type and content of the event.
append() {
  as_admin "$1" --header 'Content-Type: application/vnd.eventstore.events+json' \
    --data "[{\"eventId\":\"$(cat /proc/sys/kernel/random/uuid)\",\"eventType\":\"$2\",\"data\":$3}]"
}

# Users are kept by the leader, and not before it has made `admin` at the first start.
find_leader() {
  for leader in "$@"; do
    as_admin /info >/dev/null
    grep -qi '"state": *"leader"' "$answer" || continue
    status=$(as_admin /users/admin)
    [ "$status" = 200 ] && return 0
  done
  return 1
}

attempt=1
status=none
until find_leader "$@"; do
  if [ "$attempt" -ge "$ATTEMPTS" ]; then
    echo "no node is a leader that lets admin in; status of the last leader's answer: $status" >&2
    exit 1
  fi
  attempt=$((attempt + 1))
  sleep 2
done
echo "the leader is $leader"

status=$(as_admin /users/ --header 'Content-Type: application/json' \
  --data "{\"loginName\":\"$USER_NAME\",\"fullName\":\"Rollcall\",\"groups\":[],\"password\":\"$password\"}")
if [ "$status" = 409 ]; then
  status=$(as_admin "/users/$USER_NAME/command/reset-password" \
    --header 'Content-Type: application/json' --data "{\"newPassword\":\"$password\"}")
fi
expect "user $USER_NAME" '200 201' "$status"

# Nobody but the service reads and writes its streams; nobody but administrators deletes them or sets their metadata,
# which could hide events.
expect 'rights on streams' 201 "$(append '/streams/%24settings' update-default-acl "{
  \"\$userStreamAcl\": {\"\$r\": [\"$USER_NAME\", \"\$admins\"], \"\$w\": [\"$USER_NAME\", \"\$admins\"],
    \"\$d\": \"\$admins\", \"\$mr\": \"\$admins\", \"\$mw\": \"\$admins\"},
  \"\$systemStreamAcl\": {\"\$r\": \"\$admins\", \"\$w\": \"\$admins\",
    \"\$d\": \"\$admins\", \"\$mr\": \"\$admins\", \"\$mw\": \"\$admins\"}
}")"
expect "the right to read \$all" 201 "$(append '/streams/%24all/metadata' '$metadata' \
  "{\"\$acl\": {\"\$r\": [\"$USER_NAME\", \"\$admins\"]}}")"

expect "reading \$all as $USER_NAME" 200 \
  "$(request "$USER_NAME:$password" '/streams/%24all' --header 'Accept: application/vnd.eventstore.atom+json')"
