# The bytes of objects (stdin; `-`: none) in base64, then the changed lines between the first two when both are there.
mapfile -d '' -t objects
for object in "${objects[@]}"; do
  if [[ $object == - ]]; then printf -- '-\0'; continue; fi
  printf '%s\0' "$(git cat-file blob "$object" | base64 -w0)"
done
[[ ${objects[0]} == - || ${objects[1]} == - ]] && exit 0
git diff -U0 --no-color --no-ext-diff --no-textconv --text "${objects[0]}" "${objects[1]}" | grep -a '^@@ ' | tr '\n' '\0'
exit 0
