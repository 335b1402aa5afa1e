import { randomBytes } from 'node:crypto';
import { quote } from './quote.ts';

/**
 * Bodies (`runFramed`) of file requests. Their status: `ok`, `not_found`, `not_a_file`, `outside`, `too_large`, or what a
 * program said. `real` sets `real` to where a path leads, and fails when that is outside of the workspace.
 */
function inWorkspace(workdir: string, path: string, steps: string): string {
  return `workspace=${quote(workdir)}; path=${quote(`./${path}`)}
real() {
  real=$(realpath "$1" -- "$2" 2>/dev/null && printf x) || return 1
  real=\${real%?x}
  case "$real/" in "$workspace"/*) ;; *) return 1 ;; esac
}
try() { status=$( { "$@"; } 2>&1 ) && status=ok; }
mkdir -p "$workspace"; cd "$workspace"
${steps}`;
}

/** Prints the content in base64: output of a command is text on its way. Never waits for a pipe or a device. */
export function readScript(workdir: string, path: string, maxBytes: number): string {
  const steps = `if [ ! -e "$path" ]; then status=not_found
elif [ ! -f "$path" ]; then status=not_a_file
elif ! real -e "$path"; then status=outside
elif [ "$(stat -c %s -- "$real")" -gt ${maxBytes} ]; then status=too_large
elif ! [ -r "$real" ]; then status='it may not be read'
else head -c ${maxBytes + 1} -- "$real" | base64 -w 0; status=ok; fi`;
  return inWorkspace(workdir, path, steps);
}

/**
 * Puts an uploaded file in place by a rename, so that a reader sees the old content or the new. A link stays a link, its
 * target is written.
 */
export function writeScript(workdir: string, path: string, upload: string): string {
  const beside = `.crosspoint-${randomBytes(12).toString('hex')}`;
  const steps = `upload=${quote(upload)}
place() {
  local mode=644 from=$upload
  [ ! -f "$real" ] || mode=$(stat -c %a -- "$real")
  if [ "$(stat -c %d -- "$upload")" != "$(stat -c %d -- "$folder")" ]; then
    from=$folder/${beside}
    cp -- "$upload" "$from" || { rm -f -- "$from"; return 1; }
  fi
  chmod "$mode" -- "$from" && mv -fT -- "$from" "$real" || { rm -f -- "$from"; return 1; }
}
if [ -e "$path" ] && [ ! -f "$path" ]; then status=not_a_file
elif ! real -m "$path"; then status=outside
else
  folder=\${real%/*}
  if ! mkdir -p -- "$folder" 2>/dev/null; then status=not_a_file
    [ -d "$folder" ] || [ -w "$workspace" ] || status='it may not be written'
  else try place; fi
fi
rm -f -- "$upload"`;
  return inWorkspace(workdir, path, steps);
}

/** Links are not followed below the folder. */
export function listScript(workdir: string, path: string, recursive: boolean, limit: number): string {
  const depth = recursive ? '' : '-maxdepth 1';
  const steps = `if [ ! -e "$path" ]; then status=not_found
elif ! real -e "$path"; then status=outside
elif [ ! -d "$real" ]; then status=not_a_file
else
  cd "$real" && find . -mindepth 1 ${depth} -printf '%y %s %T@ %P\\0' 2>/dev/null | head -z -n ${limit}
  status=ok
fi`;
  return inWorkspace(workdir, path, steps);
}

/** Of the entry itself, be it a link. Prints nothing when there is none. */
export function statScript(workdir: string, path: string): string {
  const steps = `status=ok
if [ -e "$path" ] || [ -L "$path" ]; then
  if real -e "\${path%/*}"; then find "$path" -maxdepth 0 -printf '%y %s %T@ %P\\0'
  else status=outside; fi
fi`;
  return inWorkspace(workdir, path, steps);
}

/** With everything below it; a link is removed, not its target. */
export function removeScript(workdir: string, path: string): string {
  const steps = `if [ ! -e "$path" ] && [ ! -L "$path" ]; then status=not_found
elif ! real -e "\${path%/*}"; then status=outside
else try rm -rf -- "$path"; fi`;
  return inWorkspace(workdir, path, steps);
}
