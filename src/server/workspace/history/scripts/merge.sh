# Merges what two sides made of a base: stdin has base, ours and theirs, three objects each. Prints the object, or `conflict`.
mapfile -d '' -t objects
for ((at = 0; at + 2 < ${#objects[@]}; at += 3)); do
  for side in 0 1 2; do git cat-file blob "${objects[at + side]}" >"$tmp/side$side" || fail 'that state is not kept any more'; done
  # It takes no bytes that are no text.
  if git merge-file -q "$tmp/side1" "$tmp/side0" "$tmp/side2" 2>/dev/null; then
    printf '%s\0' "$(git hash-object -w --no-filters "$tmp/side1")"
  else
    printf 'conflict\0'
  fi
done
