# Runs inside the sandbox, before each operation of the history. SCRATCH: our folder; WORKTREE: the workspace.
# Exit codes: 97 no git, 98 another operation still runs, 96 anything else, with a sentence on stderr.
set -uo pipefail
command -v git >/dev/null 2>&1 || exit 97
for name in ${!GIT_@}; do unset "$name"; done
export LC_ALL=C GIT_DIR="$SCRATCH/files.git" GIT_WORK_TREE="$WORKTREE" GIT_INDEX_FILE="$SCRATCH/files.git/index"
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_LITERAL_PATHSPECS=1 GIT_NO_REPLACE_OBJECTS=1
export GIT_AUTHOR_NAME=history GIT_AUTHOR_EMAIL=history@localhost GIT_COMMITTER_NAME=history GIT_COMMITTER_EMAIL=history@localhost
tmp="$SCRATCH/history.tmp"
large=${LARGE:-52428800}
left=()

fail() { printf '%s\n' "$*" >&2; exit 96; }

cd -- "$WORKTREE" || fail 'the workspace is not there'
mkdir -p -- "$SCRATCH" || fail 'our folder cannot be made'
# An operation whose connection was lost may still run.
if command -v flock >/dev/null 2>&1; then
  exec 9>"$SCRATCH/history.lock"
  flock -w 60 9 || exit 98
fi
rm -rf -- "$tmp" "$GIT_DIR"/*.lock "$GIT_DIR"/refs/heads/*.lock
mkdir -p -- "$tmp" || fail 'our folder is not writable'
trap 'rm -rf -- "$tmp"' EXIT

# What is made again from what is kept.
excluded=(node_modules .venv __pycache__ .pytest_cache .mypy_cache .ruff_cache .tox .gradle .svelte-kit .next .nuxt .turbo .parcel-cache .DS_Store)

# Bytes are kept as they are: whatever the workspace's attributes say, nothing is filtered or converted.
prepare() {
  [[ -f $GIT_DIR/ready ]] && return
  rm -rf -- "$GIT_DIR"
  git init -q --template= >/dev/null || fail 'git cannot start a repository'
  mkdir -p -- "$GIT_DIR/info"
  cat >"$GIT_DIR/config" <<'END'
[core]
repositoryformatversion = 0
filemode = true
bare = false
symlinks = true
ignorecase = false
autocrlf = false
safecrlf = false
fsmonitor = false
precomposeunicode = false
protectNTFS = false
protectHFS = false
hooksPath = /dev/null
excludesFile = /dev/null
attributesFile = /dev/null
quotePath = false
logAllRefUpdates = false
compression = 1
bigFileThreshold = 16m
fsync = none
[pack]
compression = 1
threads = 1
[gc]
auto = 0
[maintenance]
auto = false
END
  printf '%s\n' '* -text -filter -ident -working-tree-encoding -eol !diff' >"$GIT_DIR/info/attributes"
  printf '%s\n' "${excluded[@]/%//}" .DS_Store >"$GIT_DIR/info/exclude"
  [[ $SCRATCH == "$WORKTREE"/* ]] && printf '%s\n' "/${SCRATCH#"$WORKTREE"/}/" >>"$GIT_DIR/info/exclude"
  : >"$GIT_DIR/ready"
}

# Appends to `keep` the files that the index does not know. $1: the folder, with / at its end, or nothing for the workspace.
# A repository in it is one name with / at its end: its files are listed with its own rules.
list_others() {
  local path paths
  if [[ -z $1 ]]; then
    git ls-files -z --others "${rules[@]}" >"$tmp/others" || fail 'the files cannot be listed'
  else
    (cd -- "./$1" && GIT_WORK_TREE=$PWD GIT_INDEX_FILE="$tmp/none" git ls-files -z --others "${rules[@]}") >"$tmp/others" || return
  fi
  mapfile -d '' -t paths <"$tmp/others"
  for path in "${paths[@]}"; do
    if [[ $path == */ ]]; then list_others "$1$path"; else keep+=("$1$path"); fi
  done
}

# Fills `keep` (to add as they are) and `drop` (to remove) with all that is not as in the index.
list_changes() {
  local states index path replaced=()
  git diff-files -z --name-status --no-renames >"$tmp/states" || fail 'the index cannot be read'
  mapfile -d '' -t states <"$tmp/states"
  for ((index = 0; index + 1 < ${#states[@]}; index += 2)); do
    path=${states[index + 1]}
    if [[ -d $path && ! -L $path ]]; then
      replaced+=("$path") drop+=("$path")
    elif [[ ${states[index]} == D ]]; then
      drop+=("$path")
    else
      keep+=("$path")
    fi
  done
  # Files whose place a repository took: while the index has them, git does not tell of what is in it.
  if ((${#replaced[@]})); then
    printf '%s\0' "${replaced[@]}" | git update-index -z --force-remove --stdin || fail 'the index cannot be written'
  fi
  list_others ''
}

# Takes out of `keep` what cannot be read, and what is too large, which also leaves the index.
sort_out() {
  local path line size readable=()
  local -A huge=()
  if ((large)); then
    printf '%s\0' "${keep[@]}" | xargs -0 -r stat --printf='%s %n\0' -- >"$tmp/sizes" 2>/dev/null
    if grep -qzE '^[0-9]{7,} ' "$tmp/sizes"; then
      while IFS= read -r -d '' line; do
        size=${line%% *}
        ((size > large)) && huge["${line#* }"]=1
      done <"$tmp/sizes"
    fi
  fi
  for path in "${keep[@]}"; do
    if [[ -n ${huge["$path"]-} ]]; then
      left+=("$path") drop+=("$path")
    elif [[ -L $path || -r $path || ! -e $path ]]; then
      readable+=("$path")
    else
      left+=("$path")
    fi
  done
  keep=("${readable[@]}")
}

# Brings the index to what `keep` and `drop` say.
update() {
  local path
  sort_out
  if ((${#drop[@]})); then
    printf '%s\0' "${drop[@]}" | git update-index -z --force-remove --stdin || fail 'the index cannot be written'
  fi
  ((${#keep[@]})) || return 0
  if ! printf '%s\0' "${keep[@]}" | git update-index -z --add --remove --replace --stdin 2>"$tmp/errors"; then
    # One that git cannot take stops all: each for itself.
    for path in "${keep[@]}"; do
      printf '%s\0' "$path" | git update-index -z --add --remove --replace --stdin 2>/dev/null && continue
      left+=("$path")
      printf '%s\0' "$path" | git update-index -z --force-remove --stdin 2>/dev/null
    done
  fi
  while IFS= read -r path; do left+=("$path"); done < <(sed -n 's/^Ignoring path //p' "$tmp/errors")
}

# Makes the index a commit when it is another tree than the last one. Sets `head`.
commit() {
  local tree last=()
  tree=$(git write-tree) || fail 'the tree cannot be written'
  mapfile -t last < <(git rev-parse -q --verify refs/heads/files && git rev-parse -q --verify 'refs/heads/files^{tree}')
  head=${last[0]-}
  [[ -n $head && ${last[1]-} == "$tree" ]] && return
  head=$(git commit-tree "$tree" ${head:+-p "$head"} -m state </dev/null) || fail 'the state cannot be written'
  git update-ref refs/heads/files "$head" || fail 'the state cannot be kept'
}

# Sets `real`: the file that a path means, wherever links on its way lead. Fails for what is no file of the workspace.
resolve() {
  real=$(realpath -m --relative-to=. -- "$1") || return
  [[ $real != .. && $real != ../* && ! -d $real ]]
}

# Whether a path of ours is one in the workspace: no link leads its folder elsewhere, and no folder has its name.
is_writable() {
  local folder=.
  [[ $1 == /* || $1 == .. || $1 == ../* || $1 == */../* || $1 == */.. ]] && return 1
  [[ -d $1 && ! -L $1 ]] && return 1
  [[ $1 == */* ]] && folder=${1%/*}
  [[ $(realpath -m -- "$folder") == $(realpath -ms -- "$WORKTREE/$folder") ]]
}

# All files as they are now become a state. `forced`: paths that are kept though the rules leave them out.
record() {
  local path real
  keep=() drop=() rules=(--exclude-standard)
  list_changes
  for path in "${forced[@]}"; do
    resolve "$path" && [[ -L $real || -f $real ]] && keep+=("$real")
  done
  head=
  if ((${#keep[@]} + ${#drop[@]} == 0)); then head=$(git rev-parse -q --verify refs/heads/files); fi
  [[ -n $head ]] && return
  update
  commit
}

record_paths() {
  local path real
  keep=() drop=()
  for path in "$@"; do
    resolve "$path" || continue
    if [[ -e $real || -L $real ]]; then keep+=("$real"); else drop+=("$real"); fi
  done
  update
  commit
}

tell_state() {
  printf 'commit %s\0' "$head"
  ((${#left[@]})) && printf 'left %s\0' "${left[@]}"
  return 0
}

# What is different between two trees: modes and objects, lines, sizes.
tell_changes() {
  local raw index
  git diff-tree -r -z --raw --no-renames --no-abbrev "$1" "$2" >"$tmp/raw" || fail 'that state is not kept any more'
  printf 'raw\0'
  cat -- "$tmp/raw"
  printf 'lines\0'
  git diff-tree -r -z --numstat --no-renames "$1" "$2"
  printf 'sizes\0'
  mapfile -d '' -t raw <"$tmp/raw"
  for ((index = 0; index < ${#raw[@]}; index += 2)); do
    set -- ${raw[index]}
    [[ $4 == 0000* ]] || printf '%s\n' "$4"
  done | git cat-file --batch-check='%(objectname) %(objectsize)' | tr '\n' '\0'
}

prepare
