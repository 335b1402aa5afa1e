# For a sandbox without git: packs the workspace, without what is made again, in SCRATCH/save.tar. `excluded` is set before it.
# LAST: what the workspace looked like when it was kept the last time. LARGE: bytes above which a file is left out.
# Prints nothing when it still looks so; else `commit` (what it looks like), `base`, `sum` of the archive, and `left` paths.
# Exit code 96: it failed, with a sentence on stderr.
set -uo pipefail
fail() { printf '%s\n' "$*" >&2; exit 96; }
command -v tar >/dev/null 2>&1 || fail 'neither git nor tar is in the sandbox'
export LC_ALL=C
cd -- "$WORKTREE" && mkdir -p -- "$SCRATCH" || fail 'the workspace is not there'
tmp=$(mktemp -d -- "$SCRATCH/archive.XXXXXX") || fail 'our folder is not writable'
trap 'rm -rf -- "$tmp"' EXIT

large=${LARGE:-52428800}
prune=()
for name in "${excluded[@]}"; do prune+=(-name "$name" -o); done
[[ $SCRATCH == "$WORKTREE"/* ]] && prune+=(-path "./${SCRATCH#"$WORKTREE"/}" -o)
find . -mindepth 1 \( "${prune[@]}" -false \) -prune -o \
  \( -size "+${large}c" -type f -o ! -type l ! -readable -o ! -type f ! -type d ! -type l \) -fprintf "$tmp/left" '%P\0' -o \
  -fprintf "$tmp/look" '%P %y %m %s %T@ %l\0' -fprint0 "$tmp/paths" 2>/dev/null
look="tar:$(sort -z <"$tmp/look" | sha256sum | cut -d ' ' -f 1)"
[[ $look == "${LAST-}" ]] && exit 0
# 1: a file changed while it was read.
sort -z <"$tmp/paths" | tar --create --file="$SCRATCH/save.tar" --no-recursion --null --files-from=- 2>"$tmp/errors"
(($? <= 1)) || fail "$(tail -n 1 "$tmp/errors")"
printf 'commit %s\0base \0sum %s\0' "$look" "$(sha256sum <"$SCRATCH/save.tar" | cut -d ' ' -f 1)"
mapfile -d '' -t left <"$tmp/left"
((${#left[@]})) && printf 'left %s\0' "${left[@]}"
exit 0
