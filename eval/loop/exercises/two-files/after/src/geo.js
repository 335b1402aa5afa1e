const earthRadiusKm = 6371;

const toRadians = (degrees) => (degrees * Math.PI) / 180;

/** Distance of two places on earth in kilometres, by the haversine formula. */
export function distanceKm(from, to) {
  const latitude = toRadians(to.latitude - from.latitude);
  const longitude = toRadians(to.longitude - from.longitude);
  const a =
    Math.sin(latitude / 2) ** 2 +
    Math.cos(toRadians(from.latitude)) * Math.cos(toRadians(to.latitude)) * Math.sin(longitude / 2) ** 2;
  return 2 * earthRadiusKm * Math.asin(Math.sqrt(a));
}
