/**
 * The Porter stemmer, for what stores of different kinds must agree on: `parsing`, `parsed` and `parser` are one term.
 * M. F. Porter, "An algorithm for suffix stripping", Program 14 (1980); step names as there.
 */

const consonant = '[^aeiou]';
const vowel = '[aeiouy]';
const consonants = `${consonant}[^aeiouy]*`;
const vowels = `${vowel}[aeiou]*`;
const measureOver0 = new RegExp(`^(?:${consonants})?${vowels}${consonants}`);
const measureIs1 = new RegExp(`^(?:${consonants})?${vowels}${consonants}(?:${vowels})?$`);
const measureOver1 = new RegExp(`^(?:${consonants})?${vowels}${consonants}${vowels}${consonants}`);
const hasVowel = new RegExp(`^(?:${consonants})?${vowel}`);
const endsShort = new RegExp(`^${consonants}${vowel}[^aeiouwxy]$`);

const step2: readonly [string, string][] = [
  ['ational', 'ate'],
  ['tional', 'tion'],
  ['enci', 'ence'],
  ['anci', 'ance'],
  ['izer', 'ize'],
  ['bli', 'ble'],
  ['alli', 'al'],
  ['entli', 'ent'],
  ['eli', 'e'],
  ['ousli', 'ous'],
  ['ization', 'ize'],
  ['ation', 'ate'],
  ['ator', 'ate'],
  ['alism', 'al'],
  ['iveness', 'ive'],
  ['fulness', 'ful'],
  ['ousness', 'ous'],
  ['aliti', 'al'],
  ['iviti', 'ive'],
  ['biliti', 'ble'],
  ['logi', 'log'],
];
const step3: readonly [string, string][] = [
  ['icate', 'ic'],
  ['ative', ''],
  ['alize', 'al'],
  ['iciti', 'ic'],
  ['ical', 'ic'],
  ['ful', ''],
  ['ness', ''],
];
const step4 =
  /^(.+?)(?:al|ance|ence|er|ic|able|ible|ant|ement|ment|ent|ou|ism|ate|iti|ous|ive|ize|(?<=[st])ion)$/;

/** @param word lower case; anything but a to z is given back as it is */
export function stem(word: string): string {
  if (word.length < 3 || !/^[a-z]+$/.test(word)) return word;
  const isY = word.startsWith('y');
  let stemmed = isY ? `Y${word.slice(1)}` : word;
  stemmed = step1(stemmed);
  stemmed = replaced(stemmed, step2);
  stemmed = replaced(stemmed, step3);
  const last = step4.exec(stemmed)?.[1];
  if (last !== undefined && measureOver1.test(last)) stemmed = last;
  return step5(stemmed).toLowerCase();
}

function step1(word: string): string {
  let stemmed = word.replace(/(ss|i)es$/, '$1').replace(/([^s])s$/, '$1');
  const agreed = /^(.+?)eed$/.exec(stemmed)?.[1];
  const past = /^(.+?)(?:ed|ing)$/.exec(stemmed)?.[1];
  if (agreed !== undefined) {
    if (measureOver0.test(agreed)) stemmed = stemmed.slice(0, -1);
  } else if (past !== undefined && hasVowel.test(past)) {
    stemmed = past;
    if (/(?:at|bl|iz)$/.test(stemmed)) stemmed += 'e';
    else if (/([^aeiouylsz])\1$/.test(stemmed)) stemmed = stemmed.slice(0, -1);
    else if (endsShort.test(stemmed)) stemmed += 'e';
  }
  const beforeY = /^(.+?)y$/.exec(stemmed)?.[1];
  return beforeY !== undefined && hasVowel.test(beforeY) ? `${beforeY}i` : stemmed;
}

function replaced(word: string, suffixes: readonly [string, string][]): string {
  let longest: readonly [string, string] | null = null;
  for (const pair of suffixes)
    if (word.endsWith(pair[0]) && pair[0].length > (longest?.[0].length ?? 0)) longest = pair;
  if (longest === null) return word;
  const base = word.slice(0, -longest[0].length);
  return measureOver0.test(base) ? base + longest[1] : word;
}

function step5(word: string): string {
  let stemmed = word;
  const base = /^(.+?)e$/.exec(stemmed)?.[1];
  if (base !== undefined && (measureOver1.test(base) || (measureIs1.test(base) && !endsShort.test(base))))
    stemmed = base;
  return /ll$/.test(stemmed) && measureOver1.test(stemmed) ? stemmed.slice(0, -1) : stemmed;
}
