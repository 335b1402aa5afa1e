/** Series of one metric; what would be more is counted together under `other`: names come from callers. */
const mostSeries = 300;

type Labels = readonly string[];

interface Metric {
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram';
  lines(): Iterable<string>;
}

/** Counters, histograms and gauges in the text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/). */
export class MetricRegistry {
  readonly #metrics: Metric[] = [];

  /** @returns adds to the series of these label values */
  counter(name: string, help: string, labels: Labels): (values: Labels, amount?: number) => void {
    const series = new Series<{ value: number }>(labels, () => ({ value: 0 }));
    const lines = () => series.lines((text, { value }) => [`${name}${braced(text)} ${value}`]);
    this.#metrics.push({ name, help, type: 'counter', lines });
    return (values, amount = 1) => void (series.of(values).value += amount);
  }

  /** @param borders upper ones, ascending; the last, endless one is added */
  histogram(
    name: string,
    help: string,
    labels: Labels,
    borders: readonly number[],
  ): (values: Labels, value: number) => void {
    const series = new Series(labels, () => ({ counts: borders.map(() => 0), sum: 0, count: 0 }));
    const lines = () =>
      series.lines((text, { counts, sum, count }) => [
        ...borders.map((border, at) => `${name}_bucket${braced(text, `le="${border}"`)} ${counts[at]}`),
        `${name}_bucket${braced(text, 'le="+Inf"')} ${count}`,
        `${name}_sum${braced(text)} ${sum}`,
        `${name}_count${braced(text)} ${count}`,
      ]);
    this.#metrics.push({ name, help, type: 'histogram', lines });
    return (values, value) => {
      const of = series.of(values);
      of.sum += value;
      of.count += 1;
      borders.forEach((border, at) => void (value <= border && (of.counts[at] = (of.counts[at] ?? 0) + 1)));
    };
  }

  /** @param read the values as they are when somebody asks */
  gauge(name: string, help: string, labels: Labels, read: () => Iterable<[Labels, number]>): void {
    const lines = () => {
      const series = new Series<{ value: number }>(labels, () => ({ value: 0 }));
      for (const [values, value] of read()) series.of(values).value += value;
      return series.lines((text, { value }) => [`${name}${braced(text)} ${value}`]);
    };
    this.#metrics.push({ name, help, type: 'gauge', lines });
  }

  text(): string {
    const blocks = this.#metrics.flatMap(({ name, help, type, lines }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...lines(),
    ]);
    return `${blocks.join('\n')}\n`;
  }
}

class Series<Value> {
  readonly #labels: Labels;
  readonly #make: () => Value;
  readonly #byText = new Map<string, Value>();

  constructor(labels: Labels, make: () => Value) {
    this.#labels = labels;
    this.#make = make;
  }

  of(values: Labels): Value {
    const text = this.#textOf(values);
    const known = this.#byText.get(text);
    if (known) return known;
    const isFull = this.#byText.size >= mostSeries;
    const own = isFull ? this.#textOf(values.map(() => 'other')) : text;
    const found = this.#byText.get(own) ?? this.#make();
    this.#byText.set(own, found);
    return found;
  }

  *lines(of: (labels: string, value: Value) => readonly string[]): Iterable<string> {
    for (const [labels, value] of this.#byText) yield* of(labels, value);
  }

  #textOf(values: Labels): string {
    return this.#labels.map((label, at) => `${label}="${escaped(values[at] ?? '')}"`).join(',');
  }
}

function escaped(value: string): string {
  return value
    .slice(0, 200)
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`);
}

function braced(...labels: string[]): string {
  const text = labels.filter(Boolean).join(',');
  return text ? `{${text}}` : '';
}
