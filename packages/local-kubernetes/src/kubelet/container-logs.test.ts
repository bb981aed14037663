import { describe, expect, it } from 'vitest'
import { createContainerLogs } from './container-logs.ts'

describe(createContainerLogs, () => {
  it('keeps whole lines of both streams, and a last line without a line end', () => {
    const logs = createContainerLogs()
    logs.write('stdout', 'a\nb')
    logs.write('stderr', 'x\n')
    logs.write('stdout', 'c\nd')
    logs.end()
    expect(logs.lines().map(({ text }) => text)).toEqual(['a', 'x', 'bc', 'd'])
  })
  it('drops the oldest lines, and splits a long line without a line end', () => {
    const logs = createContainerLogs(100)
    for (let i = 0; i < 50; i += 1) logs.write('stdout', `line ${i}\n`)
    expect(logs.lines()[0]?.text).toBe('line 36')
    logs.write('stdout', 'y'.repeat(50_000))
    logs.end()
    expect(Math.max(...logs.lines().map(({ text }) => text.length))).toBeLessThanOrEqual(16 * 1024)
  })
  it('calls followers for further lines, and once for the end', () => {
    const logs = createContainerLogs()
    const seen: string[] = []
    logs.write('stdout', 'before\n')
    logs.follow(
      ({ text }) => seen.push(text),
      () => seen.push('END'),
    )
    logs.write('stdout', 'after\n')
    logs.end()
    logs.end()
    expect(seen).toEqual(['after', 'END'])
  })
})
