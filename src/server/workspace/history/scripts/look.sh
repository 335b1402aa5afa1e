# How paths (stdin) are in COMMIT. Prints for each its mode and object, or `- -`, and whether it can be written: no link leads
# its folder elsewhere, and no folder of that name is there.
mapfile -d '' -t paths
declare -A entries=()
if ((${#paths[@]})); then
  printf '%s\0' "${paths[@]}" | xargs -0 git ls-tree -z "$COMMIT" -- >"$tmp/tree" || fail 'that state is not kept any more'
  while IFS= read -r -d '' line; do
    fields=(${line%%$'\t'*})
    [[ ${fields[1]} == blob ]] && entries["${line#*$'\t'}"]="${fields[0]} ${fields[2]}"
  done <"$tmp/tree"
fi
for path in "${paths[@]}"; do
  if is_writable "$path"; then state=open; else state=blocked; fi
  printf '%s %s\0' "${entries["$path"]:-- -}" "$state"
done
