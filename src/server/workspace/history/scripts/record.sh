# ONLY: just the paths of stdin; else all files, and those paths though the rules leave them out.
# SINCE: a commit, to tell what changed since; `last`: since the state before this one.
mapfile -d '' -t forced
last=$(git rev-parse -q --verify refs/heads/files)
if [[ -n ${ONLY-} ]]; then record_paths "${forced[@]}"; else record; fi
tell_state
since=${SINCE-}
[[ $since == last ]] && since=$last
if [[ -n $since && $since != "$head" ]]; then
  printf 'since %s\0' "$since"
  tell_changes "$since" "$head"
fi
