/** What the code inside prints as a warning: libraries tell so of answers that they do not quite understand. */
export async function warningsOf(work: () => Promise<void>): Promise<string[]> {
  const warnings: string[] = [];
  const { warn, error } = console;
  const keep = (...texts: unknown[]) => void warnings.push(texts.map(String).join(' '));
  const onWarning = (warning: Error) => keep(warning.message);
  console.warn = console.error = keep;
  process.on('warning', onWarning);
  try {
    await work();
  } finally {
    Object.assign(console, { warn, error });
    process.off('warning', onWarning);
  }
  return warnings;
}
