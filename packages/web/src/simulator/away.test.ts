import { describe, expect, it } from 'vitest'
import { isAway } from './away.ts'

/** Answers in turn; the last one from then on. */
function inTurn<T>(...answers: [T, ...T[]]): () => Promise<T> {
  let at = 0
  return async () => answers[Math.min(at++, answers.length - 1)] as T
}
const api = (...is: ['unreachable' | 'ok' | 'error', ...('unreachable' | 'ok' | 'error')[]]) => ({
  pool: inTurn(...(is.map((one) => ({ is: one })) as [never, ...never[]])),
})

describe(isAway, () => {
  it.each<[string, boolean, ReturnType<typeof api>, () => Promise<boolean>]>([
    ['the site answers and the API does not', true, api('unreachable'), inTurn(true)],
    ['nothing answers: the visitor is offline', false, api('unreachable'), inTurn(false)],
    ['the network came back between the two', false, api('unreachable'), inTurn(false, true)],
    ['the network went away in between', false, api('unreachable'), inTurn(true, false)],
    ['the API was only slow to come', false, api('unreachable', 'ok'), inTurn(true)],
    ['the API refuses, so it is there', false, api('error'), inTurn(true)],
    ['the network flickers in the second round', false, api('unreachable'), inTurn(true, true, true, false)],
  ])('%s: %s', async (_, expected, calls, site) => {
    expect(await isAway(calls, site, 0)).toBe(expected)
  })
})
