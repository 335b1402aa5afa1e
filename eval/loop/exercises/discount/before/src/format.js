/** Cents as a price for people, such as "12.50". */
export function formatPrice(cents) {
  return (cents / 100).toFixed(2);
}
