# Brings the files that differ between FROM and TO from the one to the other. May be repeated: what is as in TO is done, what is
# neither is left alone. Prints `kept` paths, then the state of all files; `gone` when one of the two is not kept any more.
if ! git diff-tree -r -z --raw --no-renames --no-abbrev "$FROM" "$TO" >"$tmp/raw" 2>/dev/null; then
  printf 'gone\0'
  exit 0
fi
mapfile -d '' -t raw <"$tmp/raw"
git update-ref refs/heads/files "$TO" || fail 'the state cannot be kept'

# Prints the mode and object of a file as it is; `000000 0` for none.
entry_of() {
  local mode=100644
  if [[ -L $1 ]]; then
    printf '120000 %s' "$(readlink -n -- "$1" | git hash-object --stdin)"
  elif [[ -f $1 ]]; then
    [[ -x $1 ]] && mode=100755
    printf '%s %s' "$mode" "$(git hash-object --no-filters -- "$1")"
  elif [[ -e $1 ]]; then
    printf 'other'
  else
    printf '000000 0'
  fi
}

# $1: path, $2: mode, $3: object
put() {
  local folder=. fresh target
  [[ $1 == */* ]] && folder=${1%/*}
  if [[ $2 == 000000 ]]; then
    rm -f -- "./$1" || return
    [[ $folder == . ]] || rmdir -p --ignore-fail-on-non-empty -- "$folder" 2>/dev/null
    return 0
  fi
  mkdir -p -- "./$folder" || return
  fresh=$(mktemp -u "./$folder/.crosspoint-XXXXXXXX") || return
  if [[ $2 == 120000 ]]; then
    # A command substitution drops line ends at the end; the x keeps them.
    target=$(git cat-file blob "$3" && printf x) || return
    ln -s -- "${target%x}" "$fresh" || return
  else
    git cat-file blob "$3" >"$fresh" || return
    # What keeps others out still does.
    if [[ -f $1 && ! -L $1 ]]; then chmod --reference="./$1" -- "$fresh" && chmod a-x -- "$fresh"; fi
    if [[ $2 == 100755 ]]; then chmod +x -- "$fresh"; fi
  fi
  mv -fT -- "$fresh" "./$1" || { rm -f -- "$fresh"; return 1; }
}

# Files that go make room for folders, and the other way round.
forced=()
for pass in delete write; do
  for ((at = 0; at + 1 < ${#raw[@]}; at += 2)); do
    read -r old_mode new_mode old new _ <<<"${raw[at]#:}"
    [[ $pass == delete ]] && [[ $new_mode != 000000 ]] && continue
    [[ $pass == write ]] && [[ $new_mode == 000000 ]] && continue
    path=${raw[at + 1]}
    forced+=("$path")
    is_writable "$path" || { printf 'kept %s\0' "$path"; continue; }
    # Of an operation that was cut off.
    if [[ $path == */* ]]; then rm -f -- "./${path%/*}"/.crosspoint-????????; else rm -f -- .crosspoint-????????; fi
    now=$(entry_of "$path")
    [[ $old_mode == 000000 ]] && old=0
    [[ $new_mode == 000000 ]] && new=0
    [[ $now == "$new_mode $new" ]] && continue
    [[ $now == "$old_mode $old" ]] && put "$path" "$new_mode" "$new" && continue
    printf 'kept %s\0' "$path"
  done
done
record
tell_state
