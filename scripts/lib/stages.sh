# Sourced by the scripts: headings of the stages, and the time each took.
# shellcheck shell=bash

# stage TEXT COMMAND…: prints a heading, runs the command, prints the seconds; keeps its status.
stage() {
  local text=$1 begin=$SECONDS status=0
  shift
  echo "==> $text"
  "$@" || status=$?
  if [[ $status == 0 ]]; then
    echo "==> $text: $((SECONDS - begin)) s"
  else
    echo "==> $text: FAILED (status $status) after $((SECONDS - begin)) s"
  fi
  return "$status"
}

# need_count OPTION VALUE: ends the script unless the value is a positive whole number.
need_count() {
  if [[ ! $2 =~ ^[1-9][0-9]{0,5}$ ]]; then
    echo "$1 needs a positive whole number, not '$2'; see --help" >&2
    exit 2
  fi
}

# need_value OPTION COUNT: ends the script when no value follows an option.
need_value() {
  if [[ $2 -lt 2 ]]; then
    echo "$1 needs a value; see --help" >&2
    exit 2
  fi
}
