# A state that differs from COMMIT in the entries of stdin (`mode object<tab>path`; mode 0: no file). Nothing is written to the
# workspace. Prints the state and what is different.
export GIT_INDEX_FILE="$tmp/index"
git read-tree "$COMMIT" || fail 'that state is not kept any more'
cat >"$tmp/entries"
{
  grep -zE '^0 ' "$tmp/entries" || true
  grep -zvE '^0 ' "$tmp/entries" || true
} | git update-index -z --replace --index-info || fail 'the state cannot be made'
tree=$(git write-tree) || fail 'the state cannot be made'
head=$(git commit-tree "$tree" -p "$COMMIT" -m rewind </dev/null) || fail 'the state cannot be made'
tell_state
tell_changes "$COMMIT" "$head"
