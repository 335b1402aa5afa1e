# Makes a snapshot of the last state and of the person's repositories, and a bundle of it in SCRATCH/save.bundle.
# LAST: the snapshot that is kept outside already. WHOLE: build on nothing, though it is here.
# CAP: bytes of a repository that are kept. A snapshot's first parent is the state of the files; its second, its base. Its tree
# has `files`, `ignored` ones, `repositories` (0, 1, … and their `paths`), empty `folders`, and `modes` that git knows
# nothing of.
# Prints nothing when all of it is kept; else `commit`, `base`, `sum` of the bundle, and `left` paths.
# Every process counts: this runs after each step where files are lost with the sandbox.
mapfile -t known < <(git rev-parse refs/heads/files 'refs/heads/files^{tree}' ${LAST:+"$LAST^1" "$LAST^{tree}"} 2>/dev/null)
state=${known[0]-} state_tree=${known[1]-}
[[ $state_tree =~ ^[0-9a-f]{40,64}$ ]] || fail 'no state was recorded'
# What is not in this sandbox has no tree.
last=
[[ ${known[3]-} =~ ^[0-9a-f]{40,64}$ ]] && last=$LAST
cap=${CAP:-209715200}

# Adds files of a repository to its index. $@: what git ls-files is asked for.
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
# that a command of the person which writes meanwhile leaves none of them unnamed. $1: its key; $2: its path
tree_of_repository() {
  local GIT_WORK_TREE=$PWD GIT_INDEX_FILE="$GIT_DIR/index.repository.$1" GIT_LITERAL_PATHSPECS=0
  export GIT_WORK_TREE GIT_INDEX_FILE GIT_LITERAL_PATHSPECS
  left=()
  if [[ -f $GIT_INDEX_FILE.tree ]] && git diff-files --quiet && [[ -z $(git ls-files --others | head -c 1) ]]; then
    printf '%s' "$(<"$GIT_INDEX_FILE.tree")"
    return
  fi
  rm -f -- "$GIT_INDEX_FILE.tree"
  add_files . ':(exclude)objects'
  add_files objects
  if ((${#left[@]})); then
    printf '%s\0' "${left[@]/#/$2/}" >>"$tmp/left"
    git write-tree
  else
    git write-tree | tee -- "$GIT_INDEX_FILE.tree"
  fi
}

# Fills `repositories`, `folders` (empty ones) and `modes` from one look at the workspace, without what is made again.
look() {
  local name found prune=()
  for name in "${excluded[@]}"; do prune+=(-name "$name" -o); done
  [[ $SCRATCH == "$WORKTREE"/* ]] && prune+=(-path "./${SCRATCH#"$WORKTREE"/}" -o)
  repositories=() folders=() modes=()
  while IFS= read -r -d '' found; do
    case $found in
      r*) repositories+=("${found#r}") ;;
      e*) folders+=("${found#e}") ;;
      m*) modes+=("${found#m}") ;;
    esac
  done < <(find . \( "${prune[@]}" -false \) -prune -o -name .git -printf 'r%p\0' -o \
    \( -type d -empty -printf 'e%p\0' , ! -path '*/.git/*' \( -type f -o -type d \) \( ! -perm /077 -o ! -perm -200 \) -printf 'm%m %p\0' \) \
    2>/dev/null | sort -z)
}

# Prints the tree of single, small files that .gitignore names, such as `.env`: they are nowhere else. Folders that it names are
# made again from others.
tree_of_ignored() {
  local path name list=() fields
  GIT_INDEX_FILE="$tmp/none" git ls-files -z --others --ignored --exclude-per-directory=.gitignore --directory 2>/dev/null |
    head -z -n 1000 >"$tmp/ignored"
  while IFS= read -r -d '' path; do
    [[ $path == */ || ! -f $path || -L $path ]] && continue
    for name in "${excluded[@]}"; do [[ /$path == */$name/* ]] && continue 2; done
    list+=("$path")
  done <"$tmp/ignored"
  if ((${#list[@]} == 0)); then git mktree </dev/null; return; fi
  rm -f -- "$tmp/index.ignored"
  printf '%s\0' "${list[@]/#/./}" | xargs -0 bash -c 'find "$@" -maxdepth 0 -size -1025k -readable -print0' - 2>/dev/null |
    GIT_INDEX_FILE="$tmp/index.ignored" git update-index -z --add --stdin 2>/dev/null
  GIT_INDEX_FILE="$tmp/index.ignored" git write-tree
}

# Adds a tree entry of the snapshot. $1: mode and type; $2: object; $3: name; $4: the list
entry() { printf '%s %s\t%s\n' "$1" "$2" "$3" >>"$tmp/$4"; }

# Writes a list of names. $1: the list
names() {
  local list=$1
  shift
  if (($#)); then printf '%s\0' "$@"; fi >"$tmp/names.$list"
}

look
: >"$tmp/left" >"$tmp/repositories" >"$tmp/snapshot"
kept=() gone=()
for path in "${repositories[@]}"; do
  if [[ -L $path ]]; then
    object=$(readlink -n -- "$path" | git hash-object -w --no-filters --stdin) && kind='120000 blob'
  elif [[ -f $path ]]; then
    object=$(git hash-object -w --no-filters -- "$path") && kind='100644 blob'
  else
    key=root
    [[ $path == ./.git ]] || key=$(printf '%s' "$path" | git hash-object --stdin)
    read -r size _ < <(du -sb -- "$path" 2>/dev/null)
    ((${size:-0} <= cap)) && kind='040000 tree' &&
      object=$(cd -- "$path" && tree_of_repository "$key" "${path#./}")
  fi || { left+=("${path#./}") gone+=("$path"); continue; }
  entry "$kind" "$object" "${#kept[@]}" repositories
  kept+=("$path")
done
# Of a repository that is left out, nothing is put back.
for path in "${gone[@]}"; do
  for index in "${!folders[@]}"; do [[ ${folders[index]} == "$path"/* ]] && unset "folders[$index]"; done
done
mapfile -d '' -t -O "${#left[@]}" left <"$tmp/left"

names paths "${kept[@]}"
names folders "${folders[@]}"
names modes "${modes[@]}"
mapfile -t lists < <(printf '%s\n' "$tmp"/names.{paths,folders,modes} | git hash-object -w --no-filters --stdin-paths)
entry '100644 blob' "${lists[0]-}" paths repositories
entry '040000 tree' "$state_tree" files snapshot
entry '040000 tree' "$(tree_of_ignored)" ignored snapshot
entry '040000 tree' "$(git mktree <"$tmp/repositories")" repositories snapshot
entry '100644 blob' "${lists[1]-}" folders snapshot
entry '100644 blob' "${lists[2]-}" modes snapshot
tree=$(git mktree <"$tmp/snapshot") || fail 'the snapshot cannot be made'

[[ -n $last && ${known[2]} == "$state" && ${known[3]} == "$tree" ]] && exit 0
base=$last
[[ -n ${WHOLE-} ]] && base=
head=$(git commit-tree "$tree" -p "$state" ${base:+-p "$base"} -m snapshot </dev/null) || fail 'the snapshot cannot be made'
git update-ref refs/heads/snapshot "$head" || fail 'the snapshot cannot be kept'
git bundle create -q "$SCRATCH/save.bundle" refs/heads/snapshot ${base:+"^$base"} 2>"$tmp/errors" || fail "$(tail -n 1 "$tmp/errors")"
read -r sum _ < <(sha256sum <"$SCRATCH/save.bundle")
tell_state
printf 'base %s\0sum %s\0' "$base" "$sum"
