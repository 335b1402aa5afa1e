// The “house style”: quotes are typographic in what people read.
/** What a person is greeted with. */
export function greet(name) {
  return `Hello, “${name}” — it’s good to see you…`;
}
