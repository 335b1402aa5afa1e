import { CrosspointError } from '#protocol/errors.ts';
import { exportQuery, requestsQuery } from '#protocol/report-queries.ts';
import type { RequestsAnswer, RequestStory } from '#protocol/requests.ts';
import type { Endpoint } from '../endpoint.ts';
import { readQuery, requestFilter } from './report-filter.ts';
import { requestLines } from './requests-csv.ts';

/** `GET /api/requests` */
export const listRequests: Endpoint = async ({ store }, { query, userId }) => {
  const { limit, after, ...asks } = readQuery(requestsQuery, query);
  const page = { limit, ...(after === undefined ? {} : { before: after }) };
  const { requests, next } = await store.usage.requests(userId, requestFilter(asks), page);
  const body: RequestsAnswer = { requests, next: next === null ? null : String(next) };
  return { body };
};

/** `GET /api/requests/{id}` */
export const getRequest: Endpoint = async ({ store, bodies }, { userId, id }) => {
  const story = await store.usage.story(userId, id);
  if (!story) throw new CrosspointError('not_found', { what: 'request' });
  const body: RequestStory = { ...story, bodies: await bodies.read(userId, id) };
  return { body };
};

/** `GET /api/requests.csv` */
export const exportRequests: Endpoint = ({ store }, { query, userId }) => ({
  text: requestLines(store.usage, userId, requestFilter(readQuery(exportQuery, query))),
  headers: {
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': 'attachment; filename="requests.csv"',
  },
});
