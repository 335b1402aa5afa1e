/** One line of an invoice; prices are in cents. */
export function lineTotal({ quantity, unitPrice }) {
  return quantity * unitPrice;
}

/** The sum of all lines before tax, in cents. */
export function subtotal(lines) {
  return lines.reduce((sum, line) => sum + lineTotal(line), 0);
}

/**
 * Takes a percentage off an amount in cents.
 * A discount never makes an amount negative.
 */
export function applyDiscount(amount, percent) {
  return Math.max(0, Math.round(amount * (1 - percent / 100)));
}

/** Adds the tax of a country to an amount in cents. */
export function withTax(amount, rate) {
  return Math.round(amount * (1 + rate));
}
