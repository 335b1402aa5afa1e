import { markerVariable, treeFunctions } from './process-tree.ts';
import { quote } from './quote.ts';

export interface CommandScript {
  marker: string;
  workdir: string;
  scratch: string;
  /** Relative to the workspace. */
  cwd: string;
  env: Record<string, string>;
  timeoutMs: number;
  /** The command itself, or a file of `scratch` that holds it. */
  command: { text: string } | { file: string };
  /** A file of `scratch`; null: no input. */
  stdin: string | null;
  background: boolean;
}

export const backgroundLog = (marker: string) => `/tmp/background-${marker}.log`;
/** Says to a command that was not seen running yet that it is to end. */
export const stopFile = (scratch: string, marker: string) => `${scratch}/stop-${marker}`;

/**
 * The body (`runFramed`) that runs one command. Its status: `missing`, `outside`, `background <pid>`, or
 * `ended <code> <timed out> <bash said that a signal killed it> <processes that could not be ended>`.
 */
export function commandScript(script: CommandScript): string {
  const { marker, workdir, scratch, background } = script;
  const run = background ? inBackground(script) : toItsEnd(script);
  return `${treeFunctions(marker)}
workspace=${quote(workdir)}; notes=${quote(`${scratch}/notes-${marker}`)}; stop=${quote(stopFile(scratch, marker))}
mkdir -p "$workspace" && cd "$workspace"
folder=$(realpath -e -- ${quote(`./${script.cwd}`)} 2>/dev/null && printf x); folder=\${folder%?x}
case "$folder/" in
  /) status=missing ;;
  "$workspace"/*) if ! cd "$folder" 2>/dev/null; then status=missing; else
${run}
  fi ;;
  *) status=outside ;;
esac`;
}

/** A session of its own: no signal of a terminal or of the shell around it reaches the command. */
function start({ marker, env, command, scratch }: CommandScript): string {
  const variables = Object.entries(env).map(([name, value]) => quote(`${name}=${value}`));
  const what = 'text' in command ? `-c ${quote(command.text)}` : quote(`${scratch}/${command.file}`);
  return `${markerVariable}=${quote(marker)} setsid env -- ${variables.join(' ')} bash ${what}`;
}

function inBackground(script: CommandScript): string {
  const log = quote(backgroundLog(script.marker));
  return `${start(script)} </dev/null >${log} 2>&1 3>&- &
status="background $!"`;
}

/**
 * The clock is inside, so that a command ends in time when nobody hears from here. What bash itself says about a command
 * that a signal killed goes to a file: only so `kill -9` and `exit 137` are told apart.
 */
function toItsEnd(script: CommandScript): string {
  const { scratch, stdin, command, timeoutMs } = script;
  const files = [stdin, 'file' in command ? command.file : null].filter((file) => file !== null);
  const own = files.map((file) => quote(`${scratch}/${file}`)).join(' ');
  return `exec 2>"$notes" || exec 2>/dev/null
${start(script)} <${stdin === null ? '/dev/null' : quote(`${scratch}/${stdin}`)} 2>&3 3>&- &
command=$!
(
  sleep ${(timeoutMs / 1000).toFixed(3)} & clock=$!
  trap 'kill "$clock"; exit 0' TERM
  wait "$clock"
  trap '' TERM
  end_tree
  exit 7
) >/dev/null 2>&1 3>&- &
watch=$!
[ ! -e "$stop" ] || end_tree
wait "$command"; code=$?
while [ -n "$(tree)" ] && kill -0 "$watch"; do sleep 0.05; done
kill "$watch"; wait "$watch"; late=$?
[ "$late" != 7 ] || end_tree
said=0; ! grep -q "[: ]$command " "$notes" || said=1
left=$(tree | wc -l)
rm -f "$notes" "$stop" ${own}
status="ended $code $late $said $left"`;
}
