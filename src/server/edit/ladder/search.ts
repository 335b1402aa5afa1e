/** Where more places than these qualify, it does not matter how many more there are. */
export const maxPlaces = 50;

/** Every index at which `wanted` stands in `items`, in order, in linear time (Knuth, Morris and Pratt), up to `most`. */
export function everyRun(
  items: ArrayLike<string>,
  wanted: ArrayLike<string>,
  most: number = maxPlaces,
): number[] {
  if (!wanted.length || wanted.length > items.length) return [];
  const fallback = fallbacks(wanted);
  const found: number[] = [];
  let matched = 0;
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index];
    while (matched > 0 && wanted[matched] !== item) matched = fallback[matched - 1] ?? 0;
    if (wanted[matched] === item) matched += 1;
    if (matched < wanted.length) continue;
    found.push(index + 1 - matched);
    if (found.length === most) return found;
    matched = fallback[matched - 1] ?? 0;
  }
  return found;
}

function fallbacks(wanted: ArrayLike<string>): number[] {
  const lengths = [0];
  let length = 0;
  for (let index = 1; index < wanted.length; index += 1) {
    const item = wanted[index];
    while (length > 0 && wanted[length] !== item) length = lengths[length - 1] ?? 0;
    if (wanted[length] === item) length += 1;
    lengths.push(length);
  }
  return lengths;
}

/** From this product of lengths on, a text made for it (1 MB of one letter) would keep `indexOf` busy for seconds. */
const mostCompared = 2e8;

/** Every index at which `wanted` stands in `text`, also where they overlap. */
export function everyIndex(text: string, wanted: string): number[] {
  const found: number[] = [];
  if (wanted === '') return found;
  if (text.length * wanted.length > mostCompared) return everyRun(text, wanted);
  for (let at = text.indexOf(wanted); at >= 0 && found.length < maxPlaces; at = text.indexOf(wanted, at + 1))
    found.push(at);
  return found;
}
