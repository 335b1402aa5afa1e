#!/bin/bash
set -eu
work=$(mktemp -d)
mkdir "$work/my files"
echo hello > "$work/my files/a.txt"
bash backup.sh "$work/my files" "$work/saved files"
test "$(cat "$work/saved files/a.txt")" = hello
if bash backup.sh "$work/missing" "$work/other" 2>/dev/null; then
  echo "a missing source was not noticed"
  exit 1
fi
echo all good
