import { sandboxContract } from '../contract.ts';
import { cannotRun, localFixture } from './testing/fixture.ts';

sandboxContract(
  'the local sandbox',
  async () => {
    const fixture = await localFixture();
    return { provider: fixture.provider, end: () => Promise.resolve(fixture[Symbol.asyncDispose]()) };
  },
  await cannotRun(),
);
