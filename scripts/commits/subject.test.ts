import { describe, expect, it } from 'vitest'
import { MAX_LENGTH, subjectProblems } from './subject.ts'

describe('subjectProblems', () => {
  it.each([
    'refill: wait out the first back-off',
    'core, functions: pass only Jobs and pods to planSession',
    'web/chart: focus the plot when it is loaded',
    'k8s: need no default service account',
  ])('accepts: %s', (subject) => {
    expect(subjectProblems(subject)).toEqual([])
  })

  it.each([
    'A finger that scrolls past the chart asks nothing of it',
    'refill: waits out the first back-off',
    'refill: waited out the first back-off',
    'refill: waiting out the first back-off',
    'Refill: wait out the first back-off',
    'refill: Wait out the first back-off',
    'refill: wait out the first back-off.',
    'refill:wait',
  ])('refuses: %s', (subject) => {
    expect(subjectProblems(subject)).toHaveLength(1)
  })

  it('accepts a subject of the greatest length, and refuses one more character', () => {
    const longest = 'docs: '.padEnd(MAX_LENGTH, 'a')
    expect(subjectProblems(longest)).toEqual([])
    expect(subjectProblems(`${longest}a`)).toHaveLength(1)
  })
})
