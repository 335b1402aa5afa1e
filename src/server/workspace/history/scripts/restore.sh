# Puts a snapshot into a fresh workspace. SNAPSHOT: its commit; stdin: names of its bundles in SCRATCH, the first one first.
mapfile -d '' -t bundles
for name in "${bundles[@]}"; do
  git bundle unbundle "$SCRATCH/$name" >/dev/null 2>"$tmp/errors" || fail "$(tail -n 1 "$tmp/errors")"
done
state=$(git rev-parse -q --verify "$SNAPSHOT^1") || fail 'the snapshot is not whole'
git update-ref refs/heads/snapshot "$SNAPSHOT" && git update-ref refs/heads/files "$state" || fail 'the snapshot cannot be kept'

# Every file of a tree, over whatever is there. $1: the tree
check_out() {
  git read-tree "$1" && git checkout-index -q -f -u -a
}

check_out "$state" || fail 'the files cannot be written'
git cat-file blob "$SNAPSHOT:repositories/paths" >"$tmp/paths" || fail 'the repositories are not there'
count=0
while IFS= read -r -d '' path; do
  entry="$SNAPSHOT:repositories/$count"
  count=$((count + 1))
  [[ $path == ./*.git && $path != */../* ]] || continue
  if [[ $(git cat-file -t "$entry") == blob ]]; then
    mkdir -p -- "${path%/*}" && git cat-file blob "$entry" >"$path"
    continue
  fi
  # Folders that a repository has to have, though nothing is in them.
  mkdir -p -- "$path"/{objects/info,objects/pack,refs/heads,refs/tags} || fail "$path cannot be made"
  name=$(printf '%s' "$path" | git hash-object --stdin)
  (
    cd -- "$path" || exit
    export GIT_WORK_TREE=$PWD GIT_INDEX_FILE="$GIT_DIR/index.repository.$name"
    check_out "$entry"
  ) || fail "$path cannot be written"
done <"$tmp/paths"
