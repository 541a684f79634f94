# Sourced. The network fails now and then: what needs it is tried three times.
again() {
  local pause
  for pause in 5 20; do
    if "$@"; then return 0; fi
    echo "failed: $*; once more in $pause s" >&2
    sleep "$pause"
  done
  "$@"
}
