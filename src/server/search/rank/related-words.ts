import { stemOf } from '../terms/words.ts';
import { saidFor } from './lexicon.ts';

/** A word that is said so often for one of a name stands for it. */
const often = 0.04;

/**
 * Words that programmers put for one another: what a sentence says and what a name says. One group a line; a word may be in
 * several. Common usage, not taken from any code base of the evaluation.
 */
const groups = `
get fetch return retrieve obtain read load find lookup give query access resolve
set assign update put write store save change modify
create make build new construct generate init initialize instantiate add produce open
delete remove drop clear destroy dispose erase discard unset strip close
check is has test verify validate ensure assert determine whether contain can
convert to transform parse cast from decode encode serialize translate coerce format
run execute exec call invoke apply start perform process handle do launch trigger
send emit dispatch publish post push notify write report
compare equal match same diff
compute calculate evaluate count measure estimate sum
join concat combine merge append extend concatenate
split separate divide partition chunk
print show display render draw log dump output
iterate each map loop walk traverse visit
filter select exclude choose pick keep
sort order rank
stop cancel abort end finish terminate shutdown halt close
wait sleep delay block pause
copy clone duplicate
wrap decorate enclose
register subscribe listen on attach add bind
unregister unsubscribe off detach
error exception fail throw raise panic
begin start first
end last final
list all array sequence vec items
dict map object record hash table
string str text
number num int integer float
func function fn callback handler
directory dir folder
argument arg param parameter option
index idx position pos
length len size count
maximum max largest greatest
minimum min smallest least
message msg
configuration config cfg setting conf
environment env
context ctx
request req
response res reply answer
value val
variable var
previous prev
current cur
temporary temp tmp
reference ref
address addr
property prop attribute attr
document doc
element elem el node
command cmd
average avg mean
original orig
identifier id
information info
utility util helper
expression expr
statement stmt
declaration decl
definition def
specification spec
synchronize sync
asynchronous async
application app
database db
source src
destination dest dst target
buffer buf
pointer ptr
memory mem
image img
button btn
package pkg
library lib
separator sep delimiter
random rand
character char
boolean bool true false
matrix mat
vector vec
quaternion quat
rotate rotation
default fallback`;

const groupsOf = new Map<string, Set<number>>();
for (const [number, line] of groups.trim().split('\n').entries())
  for (const word of line.split(' ')) {
    const known = groupsOf.get(stemOf(word)) ?? new Set();
    groupsOf.set(stemOf(word), known.add(number));
  }

/**
 * Whether a stem that is said may stand for one of a name: as the lexicon has it, a synonym, an abbreviation (`param`), another
 * form of the word.
 */
export function areRelated(said: string, named: string): boolean {
  if (said === named || (saidFor(named).get(said) ?? 0) >= often) return true;
  const groupsOfNamed = groupsOf.get(named);
  for (const group of groupsOf.get(said) ?? []) if (groupsOfNamed?.has(group)) return true;
  const [short, long] = said.length < named.length ? [said, named] : [named, said];
  if (short.length >= 3 && long.startsWith(short)) return true;
  return short.length >= 5 && long.length <= 8 && long.startsWith(short.slice(0, 5));
}
