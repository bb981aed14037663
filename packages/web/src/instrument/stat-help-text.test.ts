import { expect, it } from 'vitest'
import { meaning } from './stat-help-text.ts'

it('shows how many pings a blank number needs', () => {
  expect(meaning('p99', { value: undefined, needs: 100, has: 37 })).toMatch(
    /p99 needs 100 pings, 37 so far\.$/,
  )
  expect(meaning('now', { value: undefined, needs: 1, has: 0 })).toMatch(/^Now: .* needs 1 ping, 0 so far\.$/)
  expect(meaning('p50', { value: 4, needs: 8, has: 9 })).not.toMatch(/needs/)
})
