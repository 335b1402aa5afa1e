import { distanceKm } from './geo.js';

/** Length of a route through all places, in kilometres. */
export function routeLength(places) {
  let length = 0;
  for (let index = 1; index < places.length; index += 1) {
    length += distanceKm(places[index - 1], places[index]);
  }
  return length;
}
