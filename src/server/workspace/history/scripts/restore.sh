# Puts a snapshot into a fresh workspace. SNAPSHOT: its commit; stdin: names of its bundles in SCRATCH, the first one first.
mapfile -d '' -t bundles
for name in "${bundles[@]}"; do
  git bundle unbundle "$SCRATCH/$name" >"$tmp/refs" 2>"$tmp/errors" || fail "$(tail -n 1 "$tmp/errors")"
  read -r object _ <"$tmp/refs"
  # The next one builds on it, and git asks that a branch has what a bundle builds on.
  git update-ref refs/heads/snapshot "$object" || fail 'the snapshot cannot be kept'
done
state=$(git rev-parse -q --verify "$SNAPSHOT^1") || fail 'the snapshot is not whole'
git update-ref refs/heads/snapshot "$SNAPSHOT" && git update-ref refs/heads/files "$state" || fail 'the snapshot cannot be kept'

# Every file of a tree, over whatever is there. $1: the tree
check_out() {
  git read-tree "$1" && git checkout-index -q -f -u -a
}

# $1: a list of names in the snapshot
list() { git cat-file blob "$SNAPSHOT:$1" || fail "the snapshot has no $1"; }

# One that was cut off may have closed folders already.
find . -type d ! -perm -700 -exec chmod u+rwx {} + 2>/dev/null
check_out "$state" || fail 'the files cannot be written'
# Earlier versions kept none.
if git rev-parse -q --verify "$SNAPSHOT:ignored" >/dev/null; then
  (export GIT_INDEX_FILE="$tmp/index.ignored" && check_out "$SNAPSHOT:ignored") || fail 'ignored files cannot be written'
fi
count=0
while IFS= read -r -d '' path; do
  entry="$SNAPSHOT:repositories/$count"
  kind=$(git ls-tree "$SNAPSHOT" "repositories/$count")
  count=$((count + 1))
  [[ $path == ./*.git && $path != */../* ]] || continue
  mkdir -p -- "${path%/*}" || fail "$path cannot be made"
  case $kind in
    120000*) ln -sfn -- "$(git cat-file blob "$entry")" "$path" ;;
    100644*) git cat-file blob "$entry" >"$path" ;;
    *)
      name=root
      [[ $path == ./.git ]] || name=$(printf '%s' "$path" | git hash-object --stdin)
      mkdir -p -- "$path" && (
        cd -- "$path" || exit
        export GIT_WORK_TREE=$PWD GIT_INDEX_FILE="$GIT_DIR/index.repository.$name"
        rm -f -- "$GIT_INDEX_FILE.tree"
        check_out "$entry"
      )
      ;;
  esac || fail "$path cannot be written"
done < <(list repositories/paths)
list folders | xargs -0 -r mkdir -p -- || fail 'empty folders cannot be made'
# Deepest first: a folder that is closed keeps what is in it from being reached.
list modes | sort -z -r -k 2 | while IFS=' ' read -r -d '' mode path; do
  [[ $mode =~ ^[0-7]{3}$ && -e $path && ! -L $path ]] && chmod "$mode" -- "$path"
done
exit 0
