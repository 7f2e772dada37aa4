#!/bin/sh
# Makes what is missing of an authority and of one certificate per node named on the command line. RENEW=1 replaces the
# certificates of the nodes, not the authority. Nodes and clients get no key but their own.
set -eu

made=$(mktemp -d)
# Else the keys would stay in the container that has ended.
trap 'rm -rf "$made"' EXIT

if [ ! -f /authority/ca.crt ]; then
  es-gencert-cli create-ca -days 3650 -out "$made/ca"
  cp "$made/ca/ca.key" /authority/ca.key
  cp "$made/ca/ca.crt" /authority/ca.crt
fi
cp /authority/ca.crt /trust/ca.crt
chmod 0444 /trust/ca.crt

for node in "$@"; do
  folder=/certificates/$node
  if [ -f "$folder/node.crt" ] && [ -z "${RENEW:-}" ]; then continue; fi
  es-gencert-cli create-node -ca-certificate /authority/ca.crt -ca-key /authority/ca.key \
    -days 365 -out "$made/$node" -dns-names "$node,localhost" -ip-addresses 127.0.0.1
  rm -f "$folder/node.key" "$folder/node.crt"
  cp "$made/$node/node.key" "$folder/node.key"
  cp "$made/$node/node.crt" "$folder/node.crt"
  # The user that EventStoreDB's image runs as.
  chown 1000:1000 "$folder/node.key" "$folder/node.crt"
  chmod 0400 "$folder/node.key"
done
