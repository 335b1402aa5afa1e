import { test } from 'node:test';
import assert from 'node:assert/strict';
import { distanceKm } from '../src/geo.js';
import { routeLength } from '../src/routes.js';

const oslo = { latitude: 59.91, longitude: 10.75 };
const helsinki = { latitude: 60.17, longitude: 24.94 };
const berlin = { latitude: 52.52, longitude: 13.4 };

test('a distance in the north', () => {
  assert.equal(Math.round(distanceKm(oslo, helsinki)), 787);
});

test('a route', () => {
  assert.equal(
    Math.round(routeLength([oslo, helsinki, berlin])),
    Math.round(distanceKm(oslo, helsinki) + distanceKm(helsinki, berlin)),
  );
});
