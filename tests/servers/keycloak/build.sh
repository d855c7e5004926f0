#!/bin/sh
# Fetches and unpacks Keycloak, and builds it for memory alone, so that a start need not (it takes half of the time).
set -eu
rm -rf target
mvn --quiet --batch-mode prepare-package
mkdir -p target/keycloak/data/import
cp realm.json target/keycloak/data/import/c3-realm.json
sh target/keycloak/bin/kc.sh build --db=dev-mem --cache=local
