# Makes a snapshot of the last state and of the person's repositories, and a bundle of it in SCRATCH/save.bundle.
# BASE: the snapshot that is kept outside already, or nothing. CAP: bytes of a repository that are kept.
# A snapshot's first parent is the state of the files; its second, the snapshot before it.
# Prints nothing when all of it is kept; else `commit`, `base` (what the bundle builds on, or nothing) and `left` paths.
state=$(git rev-parse -q --verify refs/heads/files) || exit 0
cap=${CAP:-209715200}

# Adds files of a repository to its index. $1: what git ls-files is asked for.
add_files() {
  local states paths index
  keep=() drop=()
  git diff-files -z --name-status --no-renames -- "$@" >"$tmp/states" 2>/dev/null
  mapfile -d '' -t states <"$tmp/states"
  for ((index = 0; index + 1 < ${#states[@]}; index += 2)); do
    if [[ ${states[index]} == D ]]; then drop+=("${states[index + 1]}"); else keep+=("${states[index + 1]}"); fi
  done
  git ls-files -z --others -- "$@" >"$tmp/others" 2>/dev/null
  mapfile -d '' -t paths <"$tmp/others"
  for index in "${paths[@]}"; do [[ $index == *.lock || $index == */ ]] || keep+=("$index"); done
  large=0 update
}

# Prints the tree of the repository whose folder is the working directory. What names objects is read before the objects, so
# that a command of the person which writes meanwhile leaves none of them unnamed.
tree_of_repository() {
  local GIT_WORK_TREE=$PWD GIT_INDEX_FILE="$GIT_DIR/index.repository.$1" GIT_LITERAL_PATHSPECS=0
  export GIT_WORK_TREE GIT_INDEX_FILE GIT_LITERAL_PATHSPECS
  add_files . ':(exclude)objects'
  add_files objects
  git write-tree
}

# The folders of the workspace whose name is .git, without those below folders that are made again.
list_repositories() {
  local name prune=()
  for name in "${excluded[@]}"; do prune+=(-name "$name" -o); done
  find . \( "${prune[@]}" -false \) -prune -o -name .git -prune -print0 2>/dev/null | sort -z
}

: >"$tmp/entries"
: >"$tmp/paths"
count=0
while IFS= read -r -d '' path; do
  if [[ -L $path || ! -d $path ]]; then
    [[ -f $path && ! -L $path ]] || continue
    object=$(git hash-object -w --no-filters -- "$path") || continue
    printf '100644 blob %s\t%d\n' "$object" "$count" >>"$tmp/entries"
  else
    size=$(du -sb -- "$path" 2>/dev/null | cut -f1)
    if ((${size:-0} > cap)); then left+=("${path#./}"); continue; fi
    name=$(printf '%s' "$path" | git hash-object --stdin)
    tree=$(cd -- "$path" && tree_of_repository "$name") || { left+=("${path#./}"); continue; }
    printf '040000 tree %s\t%d\n' "$tree" "$count" >>"$tmp/entries"
  fi
  printf '%s\0' "$path" >>"$tmp/paths"
  count=$((count + 1))
done < <(list_repositories)
printf '100644 blob %s\tpaths\n' "$(git hash-object -w --no-filters "$tmp/paths")" >>"$tmp/entries"
repositories=$(git mktree <"$tmp/entries") || fail 'the repositories cannot be kept'
tree=$(printf '040000 tree %s\tfiles\n040000 tree %s\trepositories\n' "$(git rev-parse "$state^{tree}")" "$repositories" | git mktree) ||
  fail 'the snapshot cannot be made'

base=
if [[ -n ${BASE-} ]] && git cat-file -e "$BASE^{commit}" 2>/dev/null; then
  base=$BASE
  [[ $(git rev-parse "$base^1" "$base^{tree}") == "$state"$'\n'"$tree" ]] && exit 0
fi
last=$(git rev-parse -q --verify refs/heads/snapshot)
head=$(git commit-tree "$tree" -p "$state" ${last:+-p "$last"} -m snapshot </dev/null) || fail 'the snapshot cannot be made'
git update-ref refs/heads/snapshot "$head" || fail 'the snapshot cannot be kept'
git bundle create -q "$SCRATCH/save.bundle" refs/heads/snapshot ${base:+"^$base"} 2>"$tmp/errors" || fail "$(tail -n 1 "$tmp/errors")"
tell_state
printf 'base %s\0' "$base"
