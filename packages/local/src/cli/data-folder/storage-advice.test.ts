import { expect, it } from 'vitest'
import { storageAdvice } from './storage-advice.ts'

const LAYOUT = { tables: '/d/dynamodb', logs: '/d/logs', compiled: '/d/compiled' }
const advise = (failure: string) => storageAdvice(failure, LAYOUT, '/elsewhere')

it.each([
  'ENOSPC: no space left on device, write',
  'LevelDB cannot read /d/dynamodb: IO error: /d/dynamodb/000007.dbtmp: No space left on device',
])('names a full disk, what is safe to delete and that rows are kept: %s', (failure) => {
  const advice = advise(failure)
  expect(advice).toContain('The disk is full.')
  expect(advice).toContain('Safe to delete: /d/compiled and /d/logs.')
  expect(advice).toContain('are kept')
  expect(advice).not.toContain('/d/dynamodb')
})

it.each([
  'LevelDB cannot read /d/dynamodb: Corruption: CURRENT file does not end with newline',
  'IO error: /d/dynamodb/000005.ldb: Invalid argument',
])('names the folder to delete for damaged tables, and what is then lost: %s', (failure) => {
  expect(advise(failure)).toMatch(
    /^Delete \/d\/dynamodb and start again: .* are then lost, and nothing else\. $/,
  )
})

it.each([
  'LevelDB cannot read /d/dynamodb: IO error: lock /d/dynamodb/LOCK: already held by process',
  'LevelDB cannot read /d/dynamodb: IO error: /d/dynamodb/LOCK: Permission denied',
  'LevelDB cannot read /d/dynamodb: IO error: /d/dynamodb/MANIFEST-000004: Read-only file system',
  'LevelDB cannot read /d/dynamodb: IO error: /d/dynamodb/000005.ldb: Too many open files',
  'LevelDB cannot read /d/dynamodb: IO error: /d/dynamodb/000005.ldb: Input/output error',
  'LevelDB cannot read /d/dynamodb: IO error: /d/dynamodb/000005.ldb: Cannot allocate memory',
])('never advises to delete whole tables: %s', (failure) => {
  expect(advise(failure)).not.toBe('')
  expect(advise(failure)).not.toMatch(/delete/i)
})

it.each(['EMFILE: too many open files, open /d/logs/api.log', 'ENFILE: file table overflow, open /d/x'])(
  'names the limit of open files: %s',
  (failure) => expect(advise(failure)).toMatch(/^Too many files are open\. .*ulimit -n/),
)

it('is empty for other failures', () => {
  expect(advise('listen EADDRINUSE: address already in use 127.0.0.1:4402')).toBe('')
})
