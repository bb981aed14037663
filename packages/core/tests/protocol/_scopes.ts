/** The budgets to explore: the small ones in every `npm test`, all of them with `_print.ts --all`, which takes minutes. */
import type { Budget, Guard } from './_world.ts'

export interface Scope {
  readonly what: string
  readonly budget: Partial<Budget>
}

const ada = (claims: number) => ({ claims: { ada: claims, bob: 0 } })

export const SMALL: readonly Scope[] = [
  { what: 'two visitors, two slots, one crash', budget: { crashes: 1 } },
  { what: 'two visitors, one of them with two claims at once', budget: { claims: { ada: 2, bob: 1 } } },
  { what: 'two visitors, two refill invocations at once', budget: { runs: 2 } },
  { what: 'one visitor who recovers and releases', budget: { ...ada(1), recoveries: 1, releases: 1 } },
]

export const LARGE: readonly Scope[] = [
  {
    what: 'one visitor who recovers and releases, one crash',
    budget: { ...ada(1), recoveries: 1, releases: 1, crashes: 1 },
  },
  { what: 'two visitors, two refill invocations, one crash', budget: { runs: 2, crashes: 1 } },
  { what: 'two visitors, a recovery, one crash', budget: { recoveries: 1, crashes: 1 } },
  { what: 'two visitors, a recovery, a release', budget: { recoveries: 1, releases: 1 } },
  { what: 'two visitors, a Job that a person deletes, a recovery', budget: { deaths: 1, recoveries: 1 } },
  { what: 'two visitors, a rotation, one crash', budget: { rotations: 1, crashes: 1 } },
  { what: 'one visitor, two recoveries, one crash', budget: { ...ada(1), recoveries: 2, crashes: 1 } },
]

/** For each guard, a budget in which its absence shows, and the law that breaks. */
export const GUARDS: Readonly<Record<Guard, { budget: Partial<Budget>; law: RegExp }>> = {
  'a claim names state and gen': { budget: {}, law: /^3: / },
  'an emptied slot gets the next gen': { budget: {}, law: /^7: / },
  'the row is written before its Job is deleted': { budget: { rotations: 1 }, law: /^9: / },
  'a session is created only where there is none': { budget: ada(2), law: /^2: / },
  'an ended session stays ended': { budget: { ...ada(1), recoveries: 1, releases: 1 }, law: /^5: / },
  'a slot is freed only when its session holds the Job': { budget: {}, law: /^9: / },
  'half-done claims are finished': { budget: { ...ada(1), crashes: 1 }, law: /^at rest: / },
  'a claim that lost is retired': { budget: ada(2), law: /^at rest: / },
}
