import type { Rule, RuleTest } from './classification/rules.ts';
import { providerOf } from './providerOf.ts';

const lockCode =
  /^(?:SQLITE_(?:BUSY|LOCKED)\w*|EBUSY|ELOCKED|EWOULDBLOCK|EDEADLK|LEVEL_LOCKED|LOCK_TIMEOUT|MDB_(?:READERS_FULL|BUSY))$/;
const lockWords =
  /database (?:table )?is locked|database is busy|could not (?:set|get|obtain|acquire) (?:a )?lock|resource (?:temporarily unavailable|busy)|lock (?:is )?(?:already )?(?:held|being held)|file is already being held/i;

const locked: RuleTest = ({ codes, words }) => codes.find(code => lockCode.test(code)) ?? lockWords.exec(words)?.[0];
const rule: Rule = ['lock', 'resource-locked', locked];

/**
 * A resource of this machine that one has at a time: a SQLite file, a lock file, an embedded store. Five tries, 100 ms longer
 * each time. For functions, not for `fetch`: `resilient(embedded)(fn)`.
 */
export const embedded = providerOf({
  name: 'embedded',
  rules: [rule],
  strategies: { 'resource-locked': { retries: 4, baseMs: 100, maxMs: 1_000, growth: 'linear', jitter: 'none' } },
  limits: { deadlineMs: 30_000 },
});
