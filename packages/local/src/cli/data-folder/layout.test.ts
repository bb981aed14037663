import { expect, it } from 'vitest'
import { folderErrorMessage } from './layout.ts'

it.each([
  ['EROFS', 'its file system is read-only'],
  ['EACCES', 'this user may not write there'],
  ['ENOTDIR', 'a part of the path is a file'],
  ['EWEIRD', 'an error occurred (EWEIRD)'],
])('explains why the data folder cannot be used and what to do: %s', (code, reason) => {
  const message = folderErrorMessage('/data', Object.assign(new Error('no'), { code }))
  expect(message).toContain('/data')
  expect(message).toContain(reason)
  expect(message).toContain('--data <folder>')
})
