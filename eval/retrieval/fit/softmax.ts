import { figuresOf, type Figures } from '../figures.ts';
import { devLanguages } from './development.ts';
import { features, type Example } from './examples.ts';

const steps = 200;
const rate = 0.1;
const decay = 1e-4;
/** A candidate that is less likely teaches nothing. */
const negligible = 1e-6;

/**
 * Weights with which the right candidate of each question is the likeliest (softmax over its candidates, Adam over all of
 * them, each language counting the same).
 * @param fixed stay as they are given
 */
export function fitted(examples: readonly Example[], fixed: Readonly<Record<string, number>>): Float64Array {
  const found = examples.filter(({ right }) => right.length > 0);
  const shares = new Map(
    devLanguages.map((language) => [language, 1 / found.filter((each) => each.language === language).length]),
  );
  const count = features.length;
  const weights = Float64Array.from(features, (feature) => fixed[feature] ?? 0);
  const [mean, spread] = [new Float64Array(count), new Float64Array(count)];
  for (let step = 1; step <= steps; step++) {
    const gradient = new Float64Array(count);
    for (const example of found)
      addGradient(example, weights, shares.get(example.language)! / devLanguages.length, gradient);
    const size = rate * Math.max(0.02, 1 - step / steps);
    for (let at = 0; at < count; at++) {
      if (features[at]! in fixed) continue;
      const slope = gradient[at]! + decay * weights[at]!;
      mean[at] = 0.9 * mean[at]! + 0.1 * slope;
      spread[at] = 0.99 * spread[at]! + 0.01 * slope * slope;
      const direction = mean[at]! / (1 - 0.9 ** step);
      weights[at]! -= (size * direction) / (Math.sqrt(spread[at]! / (1 - 0.99 ** step)) + 1e-9);
    }
  }
  return weights;
}

/** Of the loss: minus the logarithm of how likely the right candidates are. */
function addGradient(example: Example, weights: Float64Array, share: number, gradient: Float64Array): void {
  const { values, right } = example;
  const worths = worthsOf(example, weights);
  const top = Math.max(...worths);
  const likely = worths.map((worth) => Math.exp(worth - top));
  const total = likely.reduce((sum, each) => sum + each, 0);
  const rightTotal = right.reduce((sum, position) => sum + likely[position]!, 0);
  const add = (position: number, factor: number) => {
    const from = position * features.length;
    for (let at = 0; at < features.length; at++) gradient[at]! += factor * values[from + at]!;
  };
  for (const [position, each] of likely.entries())
    if (each / total >= negligible) add(position, (share * each) / total);
  for (const position of right) add(position, (-share * likely[position]!) / rightTotal);
}

function worthsOf({ candidates, values }: Example, weights: Float64Array): Float64Array {
  const worths = new Float64Array(candidates);
  for (let position = 0; position < candidates; position++) {
    let worth = 0;
    const from = position * features.length;
    for (let at = 0; at < features.length; at++) worth += values[from + at]! * weights[at]!;
    worths[position] = worth;
  }
  return worths;
}

export function figuresWith(weights: Float64Array, examples: readonly Example[]): Figures {
  return figuresOf(examples.map((example) => rankWith(weights, example)));
}

function rankWith(weights: Float64Array, example: Example): number | null {
  if (example.right.length === 0) return null;
  const worths = worthsOf(example, weights);
  const best = Math.max(...example.right.map((position) => worths[position]!));
  const rank = 1 + worths.filter((worth) => worth > best).length;
  return rank <= 10 ? rank : null;
}
