import { readFileSync } from 'node:fs';
import assert from 'node:assert/strict';

const config = JSON.parse(readFileSync('config/service.json', 'utf8'));
assert.equal(config.http.port, 8080);
assert.equal(config.metrics.port, 9090);
assert.equal(config.limits.body, 1048576);
console.log('all good');
