import type { Progress, Session } from '@warm-pods/core/api/contracts.ts'
import { describe, expect, it } from 'vitest'
import { claimFacts } from '../chapters/claim-model.ts'
import { headline, plain } from '../instrument/headline-text.ts'
import { waitHelp } from '../instrument/wait-help-text.ts'
import { legName } from '../receipt/receipt-text.ts'
import { startLegs } from '../receipt/timelines.ts'
import { after, apiError, claimed, held, LIVE, pong, seen } from './_util.ts'
import { stepsLine } from './start-steps.ts'
import { originOf } from './state/phase.ts'

/** A session of a newer API, with a value that this page does not know. */
const newer = (part: object): Session & ReturnType<typeof held> => ({ ...held(), ...part })
const at = (second: number) => new Date(Date.UTC(2030, 0, 1, 0, 0, second)).toISOString()
const STEPS = [
  { step: 'created', at: at(0) },
  { step: 'attested', at: at(2) },
  { step: 'scheduled', at: at(3) },
  { step: 'ready', at: at(4) },
  { step: 'billed', at: at(9) },
] as unknown as Progress

describe('a value that only a newer API knows', () => {
  it('as the state of a session with an address leaves the pod held', () => {
    const visit = after(seen, { type: 'claimed', session: newer({ state: 'draining' }), atMs: 50 }, pong(100))
    expect(plain(headline(visit))).toContain('You hold pod-1')
  })

  it('as the source of a session counts as a pod of the pool', () => {
    expect(originOf(newer({ source: 'borrowed' }))).toBe('warm')
  })

  it('as the outcome of a claim is printed as it is', () => {
    const session = newer({ receipt: { ...held().receipt, outcome: 'lent' } })
    expect(claimFacts(session, 'claim')[0]).toEqual(['Found', 'lent'])
  })

  it('as a step of a start has its own name, and its time counts for the step after it', () => {
    expect(stepsLine(STEPS)).toContain('✓ created · ✓ attested')
    const legs = startLegs(STEPS)
    expect(legs.map((leg) => [legName(leg), leg.ms])).toEqual([
      ['scheduled', 3_000],
      ['ready', 1_000],
    ])
  })

  it('as the code of an error lets the page try again if the API states a pause', () => {
    const refused = after(seen, apiError('too_warm', 0, 2_000))
    expect(refused.phase).toMatchObject({ status: 'requesting', attempt: 2, notBeforeMs: 2_000 })
    expect(waitHelp(refused)).toBe('The API answered: about too_warm. This is try 2.')
    expect(after(seen, apiError('too_warm')).phase).toMatchObject({
      status: 'failed',
      reason: 'about too_warm',
    })
  })

  it('as a heal of the session leaves the visit as it is', () => {
    const heals = [
      { epoch: 1, how: 'starved', healMs: 12_000, progress: STEPS },
    ] as unknown as Session['heals']
    expect(after(...LIVE, { type: 'heals', heals }).phase.status).toBe('live')
  })
})

it('says why the API refused a claim or a replacement, in the words of the API', () => {
  const refused = after(seen, apiError('unavailable', 0, 2_000))
  expect(waitHelp(refused)).toBe('The API answered: about unavailable. This is try 2.')
  const later = after(seen, apiError('unavailable', 0, 2_000), claimed(1, 3_000), pong(3_050))
  expect(later.trouble.refusal).toBeUndefined()
})
