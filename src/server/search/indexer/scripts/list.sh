# Runs inside the sandbox: the regular files of the workspace, with what tells whether they changed. No link is followed, no
# git is started, and nothing of the workspace is run: its rules are printed, to be read elsewhere as data.
# PRUNED: names of folders that are left out, with a blank between; LIMIT: files; IGNORE_FILES: at most so many.
# Prints fields that zero bytes end: `now SECONDS`, then `file SIZE CHANGED INODE PATH` and `rules PATH` followed by its text.
# Exit code 96: it failed, with a sentence on stderr.
set -uo pipefail
export LC_ALL=C
fail() { printf '%s\n' "$*" >&2; exit 96; }
command -v find >/dev/null 2>&1 || fail 'find is not in the sandbox'
renice -n 19 $$ >/dev/null 2>&1
cd -- "$WORKTREE" && mkdir -p -- "$SCRATCH" || fail 'the workspace is not there'
# Of a command that was cut off, here or of the archives that files are read with.
find "$SCRATCH" -maxdepth 1 -name 'search.*' -mmin +30 -delete 2>/dev/null
tmp=$(mktemp -- "$SCRATCH/search.XXXXXXXX") || fail 'our folder is not writable'
trap 'rm -f -- "$tmp"' EXIT

prune=(-name '.*')
for name in $PRUNED; do prune+=(-o -name "$name"); done
[[ $SCRATCH == "$WORKTREE"/* ]] && prune+=(-o -path "./${SCRATCH#"$WORKTREE"/}")
# What is plainly named in the first .gitignore is not even looked into: it may be very large. Where something takes names in
# again, this is not certain, and is left to whoever reads the rules.
if [[ -f .gitignore && ! -L .gitignore && ! -e .ignore ]] && ! grep -q '^!' .gitignore; then
  while IFS= read -r line; do
    line=${line%$'\r'}
    if [[ $line =~ ^/([A-Za-z0-9_][A-Za-z0-9_.-]*)/?$ ]]; then prune+=(-o -path "./${BASH_REMATCH[1]}")
    elif [[ $line =~ ^([A-Za-z0-9_][A-Za-z0-9_.-]*)/?$ ]]; then prune+=(-o -name "${BASH_REMATCH[1]}"); fi
  done < <(head -c 16384 .gitignore | head -n 200)
fi

printf 'now %(%s)T\0' -1
find . -mindepth 1 -type d \( "${prune[@]}" \) -prune -o \
  -type f \( -name .gitignore -o -name .ignore \) -size -65 -fprintf "$tmp" '%P\0' -o \
  -type f ! -name '.*' -size +0 -printf 'file %s %C@ %i %P\0' 2>/dev/null | head -z -n "$LIMIT"
((${PIPESTATUS[1]} == 0)) || fail 'the files cannot be listed'
while IFS= read -r -d '' path; do
  printf 'rules %s\0' "$path"
  tr -d '\000' <"$path" 2>/dev/null
  printf '\0'
done < <(head -z -n "$IGNORE_FILES" "$tmp")
exit 0
