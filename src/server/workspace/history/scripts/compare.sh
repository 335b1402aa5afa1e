# What is different between the trees of each pair of commits on stdin. Prints for each `count N` and N paths with their
# entries, or `gone` when one of the two is not kept any more.
mapfile -d '' -t commits
for ((at = 0; at + 1 < ${#commits[@]}; at += 2)); do
  if ! git diff-tree -r -z --raw --no-renames --no-abbrev "${commits[at]}" "${commits[at + 1]}" >"$tmp/raw" 2>/dev/null; then
    printf 'gone\0'
    continue
  fi
  mapfile -d '' -t raw <"$tmp/raw"
  printf 'count %d\0' "$((${#raw[@]} / 2))"
  cat -- "$tmp/raw"
done
