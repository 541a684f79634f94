#!/bin/sh
# Makes the certificates of the tests, for a hundred years. They are good for nothing else: their keys lie beside them.
# The tests need no openssl; run this only to make others.
set -eu
cd "$(dirname "$0")"
days=36500
authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days $days -subj "/CN=$2" \
    -keyout "$1.key" -out "$1.crt"
}
# NAME AUTHORITY SUBJECT EXTENSIONS
signed() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "$3" -keyout "$1.key" -out "$1.csr"
  printf '%s\n' "basicConstraints=CA:FALSE" "$4" > "$1.ext"
  openssl x509 -req -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -days $days -extfile "$1.ext" -out "$1.crt"
  rm "$1.csr" "$1.ext"
}
authority ca 'Tests of Tollgate'
authority other-ca 'Somebody else'
here='subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1'
signed server ca /CN=localhost "$here"
signed server-2 ca /CN=localhost-2 "$here"
signed shop ca '/CN=Shop' 'subjectAltName=DNS:shop-es.example'
signed robot ca '/CN=Robot' 'subjectAltName=DNS:robot.example,URI:spiffe://merchant/robot'
signed ana ca '/CN=Ana' 'keyUsage=digitalSignature'
signed stranger other-ca '/CN=Ana' 'subjectAltName=DNS:shop-es.example'
rm ./*.srl ca.key other-ca.key
