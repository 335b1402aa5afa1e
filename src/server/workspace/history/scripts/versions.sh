# The bytes of objects (stdin; `-`: none, printed too for one above 16 MB) in base64, then the changed lines between the first two when both are there.
mapfile -d '' -t objects
for at in "${!objects[@]}"; do
  object=${objects[at]}
  if [[ $object != - ]] && (($(git cat-file -s "$object") > 16777216)); then object=- objects[at]=-; fi
  if [[ $object == - ]]; then printf -- '-\0'; continue; fi
  printf '%s\0' "$(git cat-file blob "$object" | base64 -w0)"
done
[[ ${objects[0]} == - || ${objects[1]} == - ]] && exit 0
git diff -U0 --no-color --no-ext-diff --no-textconv --text "${objects[0]}" "${objects[1]}" | grep -a '^@@ ' | tr '\n' '\0'
exit 0
